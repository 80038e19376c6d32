# What install.sh changes, one function a change, each with what takes it back; removal is in removal.sh.
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
# What takes back the changes of a run that is not over, and the files it replaced; root's alone.
undoing=/opt/.murphy-undo

sinks='' notes='' version='' known='' list=$staged/made

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
  [ -d "$undoing" ] || mkdir -m 0700 "$undoing"
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
  if [ -f "$undoing/steps" ]; then
    if $dry; then
      say 'would put back what an interrupted install.sh had changed'
      return
    fi
    say 'an earlier install.sh was interrupted; everything is put back as it was before'
    take_back
  fi
  $dry || [ -e "$program" ] || [ ! -d "$replaced" ] || mv "$replaced" "$program"
  # Without steps nothing had been changed yet, or all of it had been taken back.
  $dry || [ ! -d "$undoing" ] || rm -rf "$undoing"
}

# Writes standard input to a file of that mode, in one moment. Taken back only while it is what was written.
put() {
  [ -d "$undoing" ] || mkdir -m 0700 "$undoing"
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
there() { [ -e "$1" ] || [ -L "$1" ]; }
is_ours() { [ "$(readlink "$1")" = "$program/bin/murphy" ]; }
has_user() { getent passwd murphy >/dev/null; }
has_group() { getent group murphy >/dev/null; }
home_of_murphy() { getent passwd murphy | cut -d: -f6; }

# What install.sh made stands in a list, one a line; nothing else is trusted, overwritten or removed.
is_made() { printf '%s\n' "$known" | grep -qxF -- "$1"; }
is_foreign() { there "$1" && ! is_made "$1"; }
note() { grep -qxF -- "$1" "$list" 2>/dev/null || printf '%s\n' "$1" >>"$list"; }

# Versions before the list are known by what they left: a program with its installer, files of root's for the group
# murphy, a user with this home, and a group that nobody else is in.
read_list() {
  if [ -f "$program/made" ]; then
    known=$(cat "$program/made")
  elif [ -f "$program/install.sh" ] && [ -f "$program/agent/main.js" ]; then
    known=$(recognised)
  fi
}

recognised() {
  [ "$(home_of_murphy)" != "$state" ] || say 'user murphy'
  case $(getent group murphy) in *: | *:murphy) say 'group murphy' ;; esac
  for file in "$settings" "$settings/config.yaml" "$settings/discord.url" "$settings/webhook.url" "$settings/ntfy.url"; do
    [ "$(stat -c %U:%G "$file" 2>/dev/null)" != root:murphy ] || say "$file"
  done
  [ "$(stat -c %U "$state" 2>/dev/null)" != murphy ] || say "$state"
  ! grep -qs "^ExecStart=$program/node " "$unit" || say "$unit"
  ! grep -qs "$program/bin/murphy status" "$motd" || say "$motd"
}

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
  [ -z "$known" ] || printf '%s\n' "$known" >"$list"
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

# Comes last when things are taken back: the files are the former ones by then.
plan_return() {
  restart=:
  if booted && systemctl is-active --quiet murphy.service; then restart='systemctl restart murphy.service'; fi
  on_failure "[ ! -e $undoing/placed ] || [ ! -d /run/systemd/system ] || { systemctl daemon-reload; $restart; }"
}

make_user() {
  if ! has_group; then
    on_failure 'groupdel murphy 2>/dev/null'
    note 'group murphy'
    groupadd --system murphy
  fi
  if ! has_user; then
    on_failure 'userdel murphy 2>/dev/null'
    note 'user murphy'
    useradd --system --gid murphy --home-dir "$state" --no-create-home --shell /usr/sbin/nologin \
      --comment Murphy murphy
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
  for name in config.yaml discord.url webhook.url ntfy.url; do
    if [ -f "$settings/$name" ] && is_made "$settings/$name"; then shut "$settings/$name" 600; fi
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
    refuse "$settings/config.yaml has to be corrected first; what is wrong with it stands above."
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
  put "$unit" 0644 <"$source/systemd/murphy.service"
}

write_commands() {
  for name in murphy agent; do
    [ $name = murphy ] || $agent_command || continue
    if is_ours "$commands/$name"; then continue; fi
    on_failure "rm -f $commands/$name"
    ln -s "$program/bin/murphy" "$commands/$name"
  done
}

write_motd() {
  [ -d "${motd%/*}" ] || return 0
  if is_foreign "$motd"; then
    say "  $motd is another program's and stays as it is"
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
    refuse 'Murphy does not start; its last words stand above.'
  }
}

# What was copied has to be on the disk before there is no way back.
keep_all() {
  sync -f "$program" 2>/dev/null || :
  is_over
}
