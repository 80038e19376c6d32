# What install.sh changes, one function a change, each with what takes it back; removal is in removal.sh, what it may touch in list.sh.
# shellcheck shell=sh disable=SC2034,SC2154 # the four share their variables

program=/opt/murphy
staged=/opt/.murphy-new
replaced=/opt/.murphy-old
settings=/etc/murphy
state=/var/lib/murphy
unit=/etc/systemd/system/murphy.service
wanted=/etc/systemd/system/multi-user.target.wants/murphy.service
motd=/etc/update-motd.d/60-murphy
commands=/usr/local/bin
# Where bash, zsh, fish and man look beside the places of the distribution.
shares=/usr/local/share
# What takes back the changes of a run that is not over, and the files it replaced; root's alone.
undoing=/opt/.murphy-undo

sinks='' notes='' version=''

# One change, named before it is made; with --dry-run only named.
step() {
  if $dry; then
    say "would $1"
  else
    say "$1"
    shift
    "$@"
  fi
}

# A line of shell that takes a change back, should a later one fail; the last change is taken back first. It is on
# the disk before the change is made: a run that was killed is taken back by the next one. Each line may be run twice.
on_failure() {
  {
    printf '%s\n' "$1"
    cat "$undoing/steps" 2>/dev/null || :
  } >"$undoing/steps.new"
  mv "$undoing/steps.new" "$undoing/steps"
  sync "$undoing/steps" "$undoing" 2>/dev/null || :
}

take_back() {
  sh "$undoing/steps" || :
  is_over
}

# Removing that one file is what makes the changes stay.
is_over() {
  rm -f "$undoing/steps"
  rm -rf "$undoing" "$staged" "$replaced"
}

# What a killed run left behind: nothing is decided before it is put back.
heal() {
  if $dry; then
    [ ! -f "$undoing/steps" ] || say 'would undo the changes of an interrupted install.sh'
    return
  fi
  if [ -f "$undoing/steps" ]; then
    say 'an earlier install.sh was interrupted; undoing its changes'
    sh "$undoing/steps" || :
  fi
  there "$program" || [ ! -d "$replaced" ] || mv "$replaced" "$program"
  # Without steps it had changed nothing yet, or was over: what else is there was only on its way.
  is_over
}

# Writes standard input to a file of that mode, in one moment. Taken back only while it is what was written.
put() {
  copy=$undoing/${1##*/}
  (umask 077 && cat >"$copy.new")
  [ ! -e "$1" ] || cp -p "$1" "$copy.old"
  on_failure "rm -f '$1.murphy'; if [ -e '$1' ] && [ \"\$(cat '$1')\" = \"\$(cat '$copy.new')\" ]; then if [ -e '$copy.old' ]; then cp -p '$copy.old' '$1.murphy' && mv -f '$1.murphy' '$1'; else rm -f '$1'; fi; fi"
  (umask 077 && cat "$copy.new" >"$1.murphy")
  chmod "$2" "$1.murphy"
  mv -f "$1.murphy" "$1"
}

# For root alone. Members of the group murphy may ask the agent; settings hold secrets. The agent reads them by
# CAP_DAC_READ_SEARCH, which it has anyway.
shut() {
  was=$(stat -c '%a %u:%g' "$1")
  [ "$was" != "$2 0:0" ] || return 0
  on_failure "[ ! -e '$1' ] || { chown ${was#* } '$1'; chmod ${was% *} '$1'; }"
  chown 0:0 "$1"
  chmod "$2" "$1"
}

booted() { [ -d /run/systemd/system ]; }

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
  cp "$runtime" "$staged/node"
  cp -R "$agent" "$staged/agent"
  cp -R "$source/install.sh" "$source/LICENSE" "$source/systemd" "$staged/"
  # It is told by which name it was called: that name its hints have, and there may be no other.
  # shellcheck disable=SC2016 # the $@ is for the command that is written
  printf '#!/bin/sh\nMURPHY_COMMAND=${0##*/} exec %s/node %s/agent/main.js "$@"\n' "$program" "$program" >"$staged/bin/murphy"
  chmod -R u=rwX,go=rX "$staged"
  chmod 0755 "$staged/node" "$staged/bin/murphy"
  version=$("$staged/node" "$staged/agent/main.js" version) ||
    refuse 'the program does not run on this machine; nothing was changed.'
}

# Comes last when things are taken back: the files are the former ones by then.
plan_return() {
  # Anew: a copy that an earlier run made would be taken for one of this run's.
  mkdir -m 0700 "$undoing"
  restart=:
  if booted && systemctl is-active --quiet murphy.service; then restart='systemctl restart murphy.service'; fi
  on_failure "[ ! -e $undoing/placed ] || [ ! -d /run/systemd/system ] || { systemctl daemon-reload; $restart; }"
}

make_user() {
  if ! has_group; then
    on_failure 'groupdel murphy 2>/dev/null'
    groupadd --system murphy
    note "$(the_group)"
  fi
  if ! has_user; then
    on_failure 'userdel murphy 2>/dev/null'
    useradd --system --gid murphy --home-dir "$state" --no-create-home --shell /usr/sbin/nologin \
      --comment Murphy murphy
    note "$(the_user)"
  fi
  if ! there "$state"; then
    on_failure "rm -rf $state /run/murphy"
    note "$state"
  fi
}

write_settings() {
  if ! there "$settings"; then
    on_failure "rmdir $settings 2>/dev/null"
    note "$settings"
    mkdir -m 0700 "$settings"
  fi
  shut "$settings" 700
  case $webhook in
    '') ;;
    https://discord.com/* | https://*.discord.com/* | https://discordapp.com/*) write_sink discord "$webhook" ;;
    https://hooks.slack.com/services/*) write_sink slack "$webhook" ;;
    *) write_sink webhook "$webhook" ;;
  esac
  [ -z "$ntfy" ] || write_sink ntfy "$ntfy"
  if [ ! -e "$settings/config.yaml" ]; then
    [ -z "$sinks" ] || sinks="
sinks:$sinks"
    write_private config.yaml "$(cat "$source/systemd/config.yaml")$sinks"
  elif [ -n "$sinks" ]; then
    notes="$settings/config.yaml was not changed. To be notified, add these lines under \`sinks:\`
and run \`systemctl restart murphy\`:
$sinks"
  fi
  for name in config.yaml discord.url slack.url webhook.url ntfy.url; do
    file=$settings/$name
    if [ -f "$file" ] && [ ! -L "$file" ] && is_made "$file"; then shut "$file" 600; fi
  done
}

# The address goes to a file of its own; the settings only name that file.
write_sink() {
  write_private "$1.url" "$2"
  grep -q "^[^#]*$settings/$1\.url" "$settings/config.yaml" 2>/dev/null ||
    sinks="$sinks
  - type: $1
    url_file: $settings/$1.url"
}

write_private() {
  note "$settings/$1"
  printf '%s\n' "$2" | put "$settings/$1" 0600
}

check_settings() {
  "$staged/node" "$staged/agent/main.js" config check >/dev/null ||
    refuse "$settings/config.yaml is invalid; correct the errors above first."
}

place_program() {
  if [ -d "$program" ]; then
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

write_unit() {
  note "$unit"
  if $agent_command; then
    put "$unit" 0644 <"$source/systemd/murphy.service"
  else
    # Messages name the command that is there: `agent` is another program.
    sed '/^ExecStart=/i Environment=MURPHY_COMMAND=murphy' "$source/systemd/murphy.service" | put "$unit" 0644
  fi
}

write_commands() {
  for name in murphy agent; do
    [ $name = murphy ] || $agent_command || continue
    if is_ours "$commands/$name"; then continue; fi
    on_failure "rm -f $commands/$name"
    ln -s "$program/bin/murphy" "$commands/$name"
  done
}

# Completion and manual, made by the program itself, for each name under which it can be called.
write_help() {
  for name in murphy agent; do
    # By now the link is this run's, also in a first installation, which knows of nothing it made before.
    [ "$(readlink "$commands/$name")" = "$program/bin/murphy" ] || continue
    write_help_file "$shares/bash-completion/completions/$name" "$name" completion bash
    write_help_file "$shares/zsh/site-functions/_$name" "$name" completion zsh
    write_help_file "$shares/fish/vendor_completions.d/$name.fish" "$name" completion fish
    write_help_file "$shares/man/man1/$name.1" "$name" man
  done
}

# Only in folders of root's; new ones are taken away with it. What is another program's stays.
write_help_file() {
  file=$1 called=$2
  shift 2
  if is_foreign "$file"; then
    say "  $file is another program's and stays as it is"
    return 0
  fi
  make_folder "${file%/*}"
  note "$file"
  MURPHY_COMMAND=$called "$program/node" "$program/agent/main.js" "$@" | put "$file" 0644
}

make_folder() {
  if there "$1"; then return 0; fi
  make_folder "${1%/*}"
  on_failure "rmdir '$1' 2>/dev/null"
  note "$1"
  mkdir -m 0755 "$1"
}

# For whoever installs: whether it can do its work here. It says what is wrong; that is no fault of the installation.
examine() { "$commands/murphy" doctor || :; }

write_motd() {
  [ -d "${motd%/*}" ] || return 0
  if is_foreign "$motd"; then
    say "  $motd is another program's and was not changed"
    return 0
  fi
  note "$motd"
  put "$motd" 0755 <"$source/systemd/motd"
}

start() {
  there "$wanted" || on_failure "rm -f $wanted"
  systemctl enable --quiet murphy.service
  booted || return 0
  on_failure '[ ! -d /run/systemd/system ] || { systemctl stop murphy.service; systemctl reset-failed murphy.service 2>/dev/null; }'
  systemctl daemon-reload
  since=$(date +%s)
  systemctl restart murphy.service || {
    journalctl --quiet --no-pager -o cat -n 20 --since "@$since" -u murphy.service >&2 || :
    refuse 'Murphy does not start; see its log above.'
  }
}

# What was copied has to be on the disk before there is no way back.
keep_all() {
  sync -f "$program" 2>/dev/null || :
  is_over
}
