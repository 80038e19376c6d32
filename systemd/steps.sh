# What install.sh changes, one function a change, each with what takes it back. Read by install.sh.
# shellcheck shell=sh disable=SC2034,SC2154 # the two share their variables

program=/opt/murphy
staged=/opt/.murphy-new
replaced=/opt/.murphy-old
settings=/etc/murphy
state=/var/lib/murphy
unit=/etc/systemd/system/murphy.service
wanted=/etc/systemd/system/multi-user.target.wants/murphy.service
motd=/etc/update-motd.d/60-murphy
commands=/usr/local/bin

kept='' undo='' sinks='' notes='' version='' placed=false

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

# What takes a change back, should a later one fail; the last change is taken back first.
on_failure() {
  undo="$1
$undo"
}

take_back() {
  say 'install.sh: it failed, so everything is put back as it was.' >&2
  set +e
  eval "$undo"
}

# A copy of a file that is about to be replaced, for taking that back; or its removal, if there was none.
keep() {
  if [ -e "$1" ]; then
    [ -n "$kept" ] || kept=$(mktemp -d)
    cp -p "$1" "$kept/${1##*/}"
    on_failure "cp -p '$kept/${1##*/}' '$1'"
  else
    on_failure "rm -f '$1'"
  fi
}

booted() { [ -d /run/systemd/system ]; }
is_ours() { [ "$(readlink "$1")" = "$program/bin/murphy" ]; }
home_of_murphy() { getent passwd murphy | cut -d: -f6; }

# As the owner of the checkout, whose files they stay.
build_program() {
  owner=$(stat -c %U "$source")
  case $owner in
    root | UNKNOWN) (cd "$source" && npm run --silent build) ;;
    *) (cd "$source" && runuser -u "$owner" -- npm run --silent build) ;;
  esac || refuse 'building failed, so nothing was changed.'
}

# A copy beside the installed one, so that putting it in place is a rename.
stage_program() {
  rm -rf "$staged" "$replaced"
  mkdir -p "$staged/bin"
  cp "$runtime" "$staged/node"
  cp -R "$agent" "$staged/agent"
  cp -R "$source/install.sh" "$source/LICENSE" "$source/systemd" "$staged/"
  # shellcheck disable=SC2016 # the $@ is for the command that is written
  printf '#!/bin/sh\nexec %s/node %s/agent/main.js "$@"\n' "$program" "$program" >"$staged/bin/murphy"
  chmod -R u=rwX,go=rX "$staged"
  chmod 0755 "$staged/node" "$staged/bin/murphy"
  version=$("$staged/node" "$staged/agent/main.js" version) ||
    refuse 'the program does not run on this machine, so nothing was changed.'
}

make_user() {
  if ! getent group murphy >/dev/null; then
    on_failure 'groupdel murphy 2>/dev/null'
    groupadd --system murphy
  fi
  if ! getent passwd murphy >/dev/null; then
    on_failure 'userdel murphy'
    useradd --system --gid murphy --home-dir "$state" --no-create-home --shell /usr/sbin/nologin \
      --comment Murphy murphy
  fi
  [ -d "$state" ] || on_failure "rm -rf $state /run/murphy"
}

write_settings() {
  if [ ! -d "$settings" ]; then
    on_failure "rm -rf $settings"
    mkdir "$settings"
  fi
  chgrp murphy "$settings"
  chmod 0750 "$settings"
  case $webhook in
    '') ;;
    https://discord.com/* | https://*.discord.com/* | https://discordapp.com/*) write_sink discord "$webhook" ;;
    *) write_sink webhook "$webhook" ;;
  esac
  [ -z "$ntfy" ] || write_sink ntfy "$ntfy"
  if [ ! -e "$settings/config.yaml" ]; then
    [ -z "$sinks" ] || sinks="
sinks:$sinks"
    write_private config.yaml "$(cat "$source/systemd/config.yaml")$sinks"
  elif [ -n "$sinks" ]; then
    notes="$settings/config.yaml is left as it is. To be told, add these lines under \`sinks:\`
and run \`systemctl restart murphy\`:
$sinks"
  fi
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
  keep "$settings/$1"
  (umask 027 && printf '%s\n' "$2" >"$settings/$1.new")
  chgrp murphy "$settings/$1.new"
  mv "$settings/$1.new" "$settings/$1"
}

check_settings() {
  "$staged/node" "$staged/agent/main.js" config check >/dev/null ||
    refuse "$settings/config.yaml has to be corrected first; what is wrong with it stands above."
}

place_program() {
  placed=true
  if [ -d "$program" ]; then
    on_failure "[ ! -d $replaced ] || { rm -rf $program && mv $replaced $program; }"
    mv "$program" "$replaced"
  else
    on_failure "rm -rf $program"
  fi
  mv "$staged" "$program"
}

write_unit() {
  keep "$unit"
  cp "$source/systemd/murphy.service" "$unit"
  chmod 0644 "$unit"
}

write_commands() {
  for name in murphy agent; do
    [ $name = murphy ] || $agent_command || continue
    [ -L "$commands/$name" ] || on_failure "rm -f $commands/$name"
    ln -sfn "$program/bin/murphy" "$commands/$name"
  done
}

write_motd() {
  [ -d "${motd%/*}" ] || return 0
  keep "$motd"
  cp "$source/systemd/motd" "$motd"
  chmod 0755 "$motd"
}

start() {
  [ -L "$wanted" ] || on_failure "rm -f $wanted"
  systemctl enable --quiet murphy.service
  booted || return 0
  on_failure 'systemctl stop murphy.service; systemctl reset-failed murphy.service 2>/dev/null'
  systemctl daemon-reload
  since=$(date +%s)
  systemctl restart murphy.service || {
    journalctl --quiet --no-pager -o cat -n 20 --since "@$since" -u murphy.service >&2 || :
    refuse 'Murphy does not start; its last words stand above.'
  }
}

# Comes last when things are taken back: the files are the former ones by then.
start_former() {
  if ! booted || ! $placed; then return; fi
  systemctl daemon-reload
  if $was_active; then systemctl restart murphy.service; fi
}

stop() {
  systemctl disable --quiet --now murphy.service 2>/dev/null || :
}

remove_program() {
  rm -f "$unit" "$wanted" "$motd"
  for name in murphy agent; do
    if is_ours "$commands/$name"; then rm -f "$commands/$name"; fi
  done
  rm -rf "$program" "$staged" "$replaced"
  if booted; then
    systemctl daemon-reload
    systemctl reset-failed murphy.service 2>/dev/null || :
  fi
}

remove_rest() {
  rm -rf "$settings" "$state" /run/murphy "$unit.d"
  case $(home_of_murphy) in
    "$state") userdel murphy ;;
    ?*) return 0 ;;
  esac
  # Deleting the user takes its group along, where the system is set up that way.
  if getent group murphy >/dev/null; then groupdel murphy; fi
}
