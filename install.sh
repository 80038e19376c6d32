#!/bin/sh
# Installs Murphy on this machine, or removes it; see `sh install.sh --help`.
# All checks come before the first change, and a failure undoes every change of this run; if it is killed, the next
# one does.
# shellcheck disable=SC2034 # whoever publishes a release reads place, pinned and keys
set -eu
umask 022
# Filled in by the release: where it is published, which version this is, and whose signature is believed.
place=''
pinned=''
keys=''

source=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
action=install dry=false agent_command=true webhook='' ntfy=''
lock=/run/murphy-install.lock
# Runtime and program, in KiB, with room to spare.
room=200000

usage() {
  cat <<'END'
usage: sh install.sh [options]           as root, on Linux with systemd

Installs or upgrades Murphy, from a checkout (needs npm) or an unpacked release
(needs nothing), and starts it.

  --webhook URL        notify this Discord or Slack webhook, or POST JSON to this
                       address; the settings hold examples for other services
  --ntfy URL           notify this ntfy topic: https://ntfy.sh/TOPIC
                       "-" instead of a URL: read it from standard input, one a line
  --no-agent-command   install only the command `murphy`, if `agent` is another program
  --dry-run            check, print the steps, change nothing
  --uninstall          remove program, unit and commands; keep settings, state and user
  --purge              remove all that install.sh made; keep files of others
  --help               print this help

Settings are in /etc/murphy/config.yaml and are never overwritten.
END
}

say() { printf '%s\n' "$*"; }

refuse() {
  say "install.sh: $*" >&2
  exit 1
}

misused() {
  say "install.sh: $* See --help." >&2
  exit 2
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --webhook | --ntfy)
        [ $# -gt 1 ] || misused "$1 needs a URL."
        read_url "$1" "$2"
        case $1 in --webhook) webhook=$url ;; *) ntfy=$url ;; esac
        shift
        ;;
      --no-agent-command) agent_command=false ;;
      --dry-run) dry=true ;;
      --uninstall) action=uninstall ;;
      --purge) action=purge ;;
      --help | -h) usage && exit 0 ;;
      *) misused "unknown option $1." ;;
    esac
    shift
  done
}

# A URL is a secret: it is never printed, nor handed to a command.
read_url() {
  url=$2
  if [ "$url" = - ]; then
    IFS= read -r url || [ -n "$url" ] || misused "$1 -: no URL on standard input."
  fi
  case $url in
    http://?* | https://?*) ;;
    *) misused "$1: the URL must begin with https:// or http://." ;;
  esac
  case $url in
    *[!A-Za-z0-9:/?#@!\$\&\'\(\)*+,\;=._~%-]*) misused "$1: invalid characters in the URL." ;;
  esac
}

check_root() {
  [ "$(id -u)" -eq 0 ] || $dry || refuse 'root is needed: sudo sh install.sh'
}

check_machine() {
  [ "$(uname -s)" = Linux ] || refuse 'Murphy runs on Linux only.'
  case $(uname -m) in
    x86_64) cpu=x64 ;;
    aarch64) cpu=arm64 ;;
    *) refuse "no runtime for this CPU, $(uname -m); supported: x86_64, aarch64." ;;
  esac
  for tool in systemctl systemd-notify; do
    command -v $tool >/dev/null ||
      refuse 'systemd is missing. Without it, run Murphy in the foreground, in a checkout: npm start'
  done
  command -v useradd >/dev/null || refuse 'useradd is missing. On Debian: apt-get install passwd'
  free=$( (df -Pk /opt 2>/dev/null || df -Pk /) | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$room" ] || refuse "/opt has $((free / 1024)) MiB free; $((room / 1024)) MiB are needed."
}

find_program() {
  agent=$source/dist/agent runtime=$source/runtime/node build=false
  if [ -x "$runtime" ] && [ -f "$agent/main.js" ]; then return; fi
  [ -f "$source/agent/main.ts" ] || refuse "$source is neither a checkout nor a release of Murphy."
  command -v npm >/dev/null || refuse 'the build needs npm: apt-get install npm. A release needs no build.'
  runtime=$source/node_modules/node-linux-$cpu/bin/node build=true
}

check_names() {
  for name in murphy agent; do
    [ $name = murphy ] || $agent_command || continue
    for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
      path=$folder/$name
      if [ ! -e "$path" ] && [ ! -L "$path" ] || is_ours "$path"; then continue; fi
      [ $name = murphy ] || refuse "$path is another program's. With --no-agent-command only murphy is installed."
      refuse "$path is another program's; move it away first."
    done
  done
}

# What install.sh did not make may be somebody's door to what Murphy knows, or somebody's own.
check_foreign() {
  if is_alien; then refuse "$program is another program's; move it away first."; fi
  if there "$program" && [ -n "$(strays)" ]; then
    refuse "$program holds what install.sh did not put there; move it away first: $(strays | tr '\n' ' ')"
  fi
  if has_user && { ! is_made "$(the_user)" || [ "$(home_of_murphy)" != "$state" ]; }; then
    refuse "there is a user called murphy already, with home $(home_of_murphy); Murphy needs its own: userdel murphy"
  fi
  # Who is put into it while Murphy is installed is meant to ask. A number alone does not tell a group that was made
  # again while it was not.
  who=$(others)
  if has_group && { ! is_made "$(the_group)" || { [ -n "$who" ] && [ ! -e "$program/node" ]; }; }; then
    refuse "there is a group called murphy already, and its members${who:+ ($who)} could query and silence Murphy; remove them from it, or: groupdel murphy"
  fi
  if is_foreign "$unit"; then refuse "$unit is another program's; move it away first."; fi
  for folder in "$settings" "$state"; do
    if is_foreign "$folder"; then
      if ! is_roots "$folder" || [ ! -d "$folder" ]; then
        refuse "$folder exists and is no directory of root's; move it away, or: chown -R root: $folder"
      fi
    fi
  done
  # A link is an admin's choice, but what it leads to has to be root's.
  file=$settings/config.yaml
  if there "$file" && { [ ! -f "$file" ] || [ "$(stat -L -c %u "$file")" -ne 0 ]; }; then
    refuse "$file is no file of root's; move it away, or: chown root: $file"
  fi
  case $webhook in
    '') ;;
    https://discord.com/* | https://*.discord.com/* | https://discordapp.com/*) check_url discord ;;
    https://hooks.slack.com/services/*) check_url slack ;;
    *) check_url webhook ;;
  esac
  [ -z "$ntfy" ] || check_url ntfy
}

check_url() {
  if is_foreign "$settings/$1.url"; then
    refuse "$settings/$1.url exists, and install.sh did not write it; move it away, or omit the option."
  fi
}

install() {
  check_root
  heal
  read_list
  check_machine
  find_program
  check_names
  check_foreign

  if $build; then step "build the program in $source" build_program; fi
  if ! $dry; then plan_return; fi
  step "copy the program and its runtime to $staged" stage_program
  step 'create the user and the group murphy, if missing' make_user
  step "write missing files in $settings" write_settings
  step 'check the settings' check_settings
  step "install the program as $program" place_program
  step "write $unit" write_unit
  step "link the commands in $commands" write_commands
  step "write $motd" write_motd
  step "write completion and manual to $shares" write_help
  step 'enable and start murphy.service, wait until it is ready' start
  if $dry; then
    say 'Nothing was changed.'
    return
  fi
  keep_all
  say "Installed in $program: $version"
  [ -z "$notes" ] || say "$notes"
  if booted; then
    say 'Murphy watches this node. See what it finds: murphy status'
    say ''
    examine
  else
    say 'systemd is not running, so nothing was started. In the foreground: murphy run'
  fi
}

uninstall() {
  check_root
  heal
  read_list
  if booted; then step 'stop murphy.service' stop; fi
  step "remove $program, $unit, $motd and the commands in $commands" remove_program
  if [ "$action" = purge ]; then
    step "remove what install.sh made of $settings, $state, the user and the group murphy" remove_rest
  elif ! $dry; then
    say "Kept, until --purge: $settings, $state, the user and the group murphy."
  fi
}

# One at a time on this machine: two would take each other's half for their own. Nobody but root may open the file,
# and one that is another's, or a link, is not opened.
take_lock() {
  there "$lock" || (set -C && umask 077 && : >"$lock") 2>/dev/null || :
  if [ ! -f "$lock" ] || ! is_roots "$lock"; then
    refuse "$lock does not belong to root; remove it first."
  fi
  exec 9<>"$lock"
  flock -n 9 || refuse 'another install.sh is running.'
}

# shellcheck disable=SC2317 # called by the trap
finish() {
  trap '' HUP INT TERM
  if [ "$1" -ne 0 ] && [ -f "$undoing/steps" ]; then
    say 'install.sh: failed; all changes were undone.' >&2
    take_back
  fi
}

main() {
  # shellcheck source=systemd/steps.sh
  . "$source/systemd/steps.sh"
  # shellcheck source=systemd/list.sh
  . "$source/systemd/list.sh"
  # shellcheck source=systemd/removal.sh
  . "$source/systemd/removal.sh"
  read_options "$@"
  if [ "$(id -u)" -eq 0 ]; then take_lock; fi
  $dry || trap 'finish $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' HUP TERM
  case $action in
    install) install ;;
    *) uninstall ;;
  esac
}

main "$@"
exit
