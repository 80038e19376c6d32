# What install.sh changes, one function a change, each with what takes it back; how, is in undo.sh, what it may touch in list.sh.
# shellcheck shell=sh disable=SC2034,SC2154 # the parts share their variables

settings=/etc/murphy
state=/var/lib/murphy
unit=/etc/systemd/system/murphy.service
last_word=/etc/systemd/system/murphy-last-word.service
wanted=/etc/systemd/system/multi-user.target.wants/murphy.service
motd=/etc/update-motd.d/60-murphy
commands=/usr/local/bin
# Where bash, zsh, fish and man look beside the places of the distribution.
shares=/usr/local/share

sinks='' notes='' version='' first=true

# As the owner of the checkout, whose files they stay; the lock is not for whatever that leaves running.
build_program() {
  owner=$(stat -c %U "$source")
  case $owner in
    root | UNKNOWN) (cd "$source" && npm run --silent build) 9>&- ;;
    *) (cd "$source" && runuser -u "$owner" -- npm run --silent build) 9>&- ;;
  esac || refuse 'the build failed; nothing was changed.'
}

# A copy beside the installed one, so that putting it in place is a rename.
stage_program() {
  mkdir -p "$staged/bin"
  say "${known:-$mark}" >"$list"
  # The same Node.js as before takes no room twice. Its file belongs to root, which that of a checkout need not.
  if [ -n "$known" ] && cmp -s "$runtime" "$program/bin/node" && ln "$program/bin/node" "$staged/bin/node" 2>/dev/null; then
    :
  else
    cp "$runtime" "$staged/bin/node"
  fi
  cp -R "$agent" "$staged/agent"
  cp -R "$source/install.sh" "$source/LICENSE" "$source/systemd" "$staged/"
  # It is told by which name it was called: that name its hints have, and there may be no other.
  # shellcheck disable=SC2016 # the $@ is for the command that is written
  printf '#!/bin/sh\nMURPHY_COMMAND=${0##*/} exec %s/bin/node %s/agent/main.js "$@"\n' "$program" "$program" >"$staged/bin/murphy"
  chmod -R u=rwX,go=rX "$staged"
  chmod 0755 "$staged/bin/node" "$staged/bin/murphy"
  # A former version whose unit and installer ask for it there.
  [ "$runtime" != "$former/node" ] || ln "$staged/bin/node" "$staged/node"
  # Where it was fetched from, newer ones will be.
  [ -z "${MURPHY_URL-}" ] || sed -i "s|^place=.*|place='$where'|" "$staged/install.sh"
  version=$("$staged/bin/node" "$staged/agent/main.js" version) ||
    refuse 'the program does not run on this machine, see above; nothing was changed. Beside glibc it needs libstdc++: apt-get install libstdc++6, or dnf install libstdc++'
}

make_user() {
  if ! has_group; then
    on_failure '! getent group murphy >/dev/null || groupdel murphy'
    groupadd --system murphy
    note "$(the_group)"
  fi
  if ! has_user; then
    on_failure '! getent passwd murphy >/dev/null || userdel murphy'
    useradd --system --gid murphy --home-dir "$state" --no-create-home \
      --shell "$(command -v nologin || say /bin/false)" --comment Murphy murphy
    note "$(the_user)"
  fi
  if ! there "$state"; then
    on_failure "rm -rf $state /run/murphy"
    note "$state"
  fi
}

write_settings() {
  if ! there "$settings"; then
    on_failure "rmdir $settings 2>/dev/null || :"
    note "$settings"
    mkdir -m 0700 "$settings"
  fi
  shut "$settings" 700
  [ -z "$webhook" ] || write_sink "$(kind_of "$webhook")" "$webhook"
  [ -z "$ntfy" ] || write_sink ntfy "$ntfy"
  if [ ! -e "$settings/config.yaml" ]; then
    [ -z "$sinks" ] || sinks="
sinks:$sinks"
    write_private config.yaml "$(sed "${cluster:+s/^#cluster: .*/cluster: \"$cluster\"/}" "$source/systemd/config.yaml")$sinks"
  else
    note_settings
  fi
  for file in "$settings/config.yaml" $(addresses_in "$settings"); do
    if [ -f "$file" ] && [ ! -L "$file" ] && is_made "$file"; then shut "$file" 600; fi
  done
}

# What the settings lack of what was asked for: they are somebody's own.
note_settings() {
  [ -z "$sinks" ] || notes="$settings/config.yaml was not changed. To be notified, add these lines under \`sinks:\`
and run \`systemctl restart murphy\`:
$sinks"
  [ -z "$cluster" ] || [ "$(named_cluster)" = "$cluster" ] ||
    notes="$notes${notes:+
}$settings/config.yaml was not changed. To name the cluster, write into it: cluster: \"$cluster\""
}

named_cluster() {
  sed -n 's/^cluster: *["'\'']\{0,1\}\([A-Za-z0-9._ -]*\)["'\'']\{0,1\} *$/\1/p' "$settings/config.yaml" | head -n 1
}

write_private() {
  note "$settings/$1"
  printf '%s\n' "$2" | put "$settings/$1" 0600
}

check_settings() {
  "$staged/bin/node" "$staged/agent/main.js" config check >/dev/null ||
    refuse "$settings/config.yaml is invalid; correct the errors above first."
}

place_program() {
  if [ -d "$program" ]; then
    first=false
    note "$former"
    on_failure "[ ! -d $replaced ] || { rm -rf $program && mv $replaced $program; }"
    : >"$undoing/placed"
    mv "$program" "$replaced"
  else
    on_failure "rm -rf $program"
    : >"$undoing/placed"
  fi
  mv "$staged" "$program"
  list=$program/made
}

write_units() {
  note "$unit"
  note "$last_word"
  # The former version may be one that had none; one that nothing wants does nothing.
  [ ! -f "$source/systemd/murphy-last-word.service" ] ||
    put "$last_word" 0644 <"$source/systemd/murphy-last-word.service"
  if $agent_command; then
    put "$unit" 0644 <"$source/systemd/murphy.service"
  else
    # Messages name the command that is there: `agent` is another program.
    sed '/^ExecStart=/i Environment=MURPHY_COMMAND=murphy' "$source/systemd/murphy.service" | put "$unit" 0644
  fi
  hand_over
}

write_commands() {
  for name in murphy agent; do
    [ $name = murphy ] || $agent_command || continue
    if is_ours "$commands/$name"; then continue; fi
    on_failure "rm -f $commands/$name"
    ln -s "$program/bin/murphy" "$commands/$name"
  done
}

# SELinux goes by labels, and what was renamed keeps that of the place where it was made. By its place bin/node is
# bin_t, which is what systemd may start.
label() {
  ! command -v restorecon >/dev/null || restorecon -R "$program" 2>/dev/null || :
}

start() {
  label
  there "$wanted" || on_failure "rm -f $wanted"
  systemctl enable --quiet murphy.service
  booted || return 0
  on_failure '[ ! -d /run/systemd/system ] || { systemctl stop murphy.service murphy-last-word.service; systemctl reset-failed murphy.service 2>/dev/null; :; }'
  systemctl daemon-reload
  sync -f "$program" 2>/dev/null || :
  : >"$undoing/written"
  since=$(date +%s)
  systemctl restart murphy.service || {
    journalctl --sync 2>/dev/null || :
    journalctl --quiet --no-pager -o cat -n 20 --since "@$since" -u murphy.service >&2 || :
    refuse 'Murphy does not start; see its log above.'
  }
}
