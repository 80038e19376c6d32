# How install.sh keeps the addresses of sinks, which are secrets: in files of root's alone, or as systemd credentials.
# Read by install.sh.
# shellcheck shell=sh disable=SC2154 # the parts share their variables

kinds='discord slack webhook ntfy'
# What tells systemd to hand them to the service.
handing=$unit.d/credentials.conf

kind_of() {
  case $1 in
    https://discord.com/* | https://*.discord.com/* | https://discordapp.com/*) say discord ;;
    https://hooks.slack.com/services/*) say slack ;;
    *) say webhook ;;
  esac
}

# The files of all that there can be, in a folder whose name has no blank.
addresses_in() { for kind in $kinds; do say "$1/$kind.url $1/$kind.cred"; done; }

# The address goes to a file of its own; the settings name only that file, or the credential that systemd makes of it.
write_sink() {
  file=$1.url kept=$2 form="url_file: $settings/$1.url"
  if $credential; then
    file=$1.cred form="url_credential: $1"
    # By the key of this machine, and not of its TPM: that is bound to the state of the firmware, and what is not decrypted
    # after an update of that keeps Murphy from starting. Before systemd 250 it can only be handed over.
    if command -v systemd-creds >/dev/null; then
      kept=$(printf '%s' "$2" | systemd-creds encrypt --with-key=host --name="$1" - -) ||
        refuse 'systemd could not encrypt the URL, see above; without --credential it is kept in a file of root.'
    fi
  fi
  write_private "$file" "$kept"
  grep -q "^[^#]*$form\$" "$settings/config.yaml" 2>/dev/null ||
    sinks="$sinks
  - type: $1
    $form"
}

# A line for each that is kept.
hand_over() {
  lines=''
  for kind in $kinds; do
    is_kept "$kind.cred" || continue
    # What is encrypted is base64.
    case $(head -c 4 "$settings/$kind.cred") in http) form='' ;; *) form=Encrypted ;; esac
    lines="${lines}LoadCredential$form=$kind:$settings/$kind.cred
"
  done
  if [ -z "$lines" ] && ! is_listed "$handing"; then return 0; fi
  make_folder "$unit.d"
  note "$handing"
  printf '[Service]\n%s' "$lines" | put "$handing" 0644
}
