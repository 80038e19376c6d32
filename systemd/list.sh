# What install.sh made on this machine stands in a list, one a line; nothing else is trusted, overwritten or removed.
# Read by install.sh.
# shellcheck shell=sh disable=SC2034,SC2154 # the parts share their variables

# The first line of the list: a file of that name in somebody else's /opt/murphy is none.
mark='# What install.sh of Murphy made; nothing else is trusted or removed.'
# What lies in the folder of the program.
parts='LICENSE agent bin install.sh made made.new node systemd'

known='' list=$staged/made

there() { [ -e "$1" ] || [ -L "$1" ]; }
# What an account owns, or leads to by a link, it can change.
is_roots() { [ ! -L "$1" ] && [ "$(stat -c %u "$1" 2>/dev/null)" = 0 ]; }
is_made() { printf '%s\n' "$known" | grep -qxF -- "$1"; }
is_foreign() { there "$1" && ! is_made "$1"; }
is_alien() { there "$program" && [ -z "$known" ]; }
is_ours() { ! is_alien && [ "$(readlink "$1")" = "$program/bin/murphy" ]; }
note() { grep -qxF -- "$1" "$list" 2>/dev/null || printf '%s\n' "$1" >>"$list"; }

# Accounts stand in it with their number: one that was made anew has another, as a rule.
has_user() { getent passwd murphy >/dev/null; }
has_group() { getent group murphy >/dev/null; }
the_user() { printf 'user murphy %s\n' "$(getent passwd murphy | cut -d: -f3)"; }
the_group() { printf 'group murphy %s\n' "$(getent group murphy | cut -d: -f3)"; }
home_of_murphy() { getent passwd murphy | cut -d: -f6; }

# Who else is in the group murphy: those it names, and those whose own group it is.
others() {
  {
    getent group murphy | cut -d: -f4 | tr , '\n'
    getent passwd | awk -F: -v gid="$(getent group murphy | cut -d: -f3)" '$4 == gid { print $1 }'
  } | grep -vx -e murphy -e '' | sort -u | paste -sd ' ' -
}

# What others put into the folder of the program.
strays() {
  set --
  for part in $parts; do set -- "$@" ! -name "$part"; done
  find "$program" -mindepth 1 -maxdepth 1 "$@"
}

# Versions without such a list are known by what they left: a program with its installer, files of root's for the
# group murphy, a user with this home, and a group that nobody else is in.
read_list() {
  if [ ! -d "$program" ] || ! is_roots "$program"; then return; fi
  if [ "$(head -n 1 "$program/made" 2>/dev/null)" = "$mark" ]; then
    known=$(cat "$program/made")
  elif [ -f "$program/install.sh" ] && [ -f "$program/agent/main.js" ]; then
    known=$(
      say "$mark"
      recognised
    )
  fi
}

recognised() {
  grep -s '^/' "$program/made" || :
  [ "$(home_of_murphy)" != "$state" ] || the_user
  ! has_group || [ -n "$(others)" ] || the_group
  for file in "$settings" "$settings/config.yaml" "$settings/discord.url" "$settings/slack.url" "$settings/webhook.url" "$settings/ntfy.url"; do
    [ "$(stat -c %U:%G "$file" 2>/dev/null)" != root:murphy ] || say "$file"
  done
  [ "$(stat -c %U "$state" 2>/dev/null)" != murphy ] || say "$state"
  ! grep -qs "^ExecStart=$program/" "$unit" || say "$unit"
  ! grep -qs '^ExecStop=.* murphy\.service' "$last_word" || say "$last_word"
  ! grep -qs "$program/bin/murphy status" "$motd" || say "$motd"
}

# What of it is still there, once more is gone; in its own order.
shorten_list() {
  printf '%s\n' "$known" | while IFS= read -r it; do
    case $it in
      /*) ! there "$it" || say "$it" ;;
      "$mark" | "$(the_user)" | "$(the_group)") say "$it" ;;
    esac
  done >"$program/made.new"
  mv "$program/made.new" "$program/made"
}
