# How install.sh changes things so that they can be taken back: at once if a later step fails, by the next run if this
# one is killed. Read by install.sh.
# shellcheck shell=sh disable=SC2034,SC2154 # the parts share their variables

program=/opt/murphy
staged=/opt/.murphy-new
replaced=/opt/.murphy-old
# The version before the last upgrade, for --rollback.
former=/opt/murphy.former
lock=/run/murphy-install.lock
# What takes back the changes of a run that is not over, and the files it replaced; root's alone.
undoing=/opt/.murphy-undo

booted() { [ -d /run/systemd/system ]; }

# One at a time on this machine: two would take each other's half for their own. Nobody but root may open the file,
# and one that is another's, or a link, is not opened.
take_lock() {
  there "$lock" || (set -C && umask 077 && : >"$lock") 2>/dev/null || :
  if [ ! -f "$lock" ] || ! is_roots "$lock"; then
    refuse "$lock does not belong to root; remove it first."
  fi
  command -v flock >/dev/null || refuse 'flock is missing. On Debian: apt-get install util-linux'
  exec 9<>"$lock"
  flock -n 9 || refuse 'another install.sh is running.'
}

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
    [ ! -e "$undoing/steps" ] || cat "$undoing/steps"
  } >"$undoing/steps.new"
  mv "$undoing/steps.new" "$undoing/steps"
  sync "$undoing/steps" "$undoing" 2>/dev/null || :
}

# Comes last when things are taken back: the files are the former ones by then.
plan_return() {
  mkdir -p /opt
  # Anew: a copy that an earlier run made would be taken for one of this run's.
  mkdir -m 0700 "$undoing"
  restart=:
  if booted && systemctl is-active --quiet murphy.service; then restart='systemctl restart murphy.service'; fi
  on_failure "[ ! -e $undoing/placed ] || [ ! -d /run/systemd/system ] || { systemctl daemon-reload; $restart; :; }"
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

# All that can be taken back, whatever of it cannot; fails if there is any. Why not, the commands say themselves.
take_back() {
  # The most room that can be made, where there is none. What is undone in part is not to be kept.
  rm -rf "$staged" "$undoing/written"
  failed=0
  while IFS= read -r line; do
    sh -c "$line" </dev/null || failed=$((failed + 1))
  done <"$undoing/steps"
  [ "$failed" -eq 0 ]
}

# Once more, for what had no room before the larger things were taken back.
take_all_back() { take_back 2>/dev/null || take_back; }

# What was copied has to be on the disk before there is no way back.
keep_all() {
  sync -f "$program" 2>/dev/null || :
  is_over
}

# Removing that one file is what makes the changes stay.
is_over() {
  rm -f "$undoing/steps"
  keep_former
  rm -rf "$undoing" "$staged"
}

# The same version once more is nothing that one would go back to.
keep_former() {
  [ -d "$replaced" ] || return 0
  if [ "$(sums_of "$replaced")" = "$(sums_of "$program")" ]; then
    rm -rf "$replaced"
  else
    rm -rf "$former"
    mv "$replaced" "$former"
  fi
}

# Whether all was written, and what runs is the program that was put in place: then only the end of that run is missing.
# Murphy has been at work since, perhaps for months.
is_running() {
  [ -e "$undoing/written" ] && booted && systemctl is-active --quiet murphy.service &&
    [ "$(readlink "/proc/$(systemctl show -p MainPID --value murphy.service)/exe")" = "$program/bin/node" ]
}

sums_of() { (cd "$1" && find . -type f ! -name made -exec sha256sum {} + | sort); }

# What a killed run left behind: nothing is decided before it is put back.
heal() {
  if $dry; then
    [ ! -f "$undoing/steps" ] || say 'would undo the changes of an interrupted install.sh'
    return
  fi
  # Where one fetches just now, it holds its lock.
  for it in /opt/.murphy-get.*; do
    [ ! -d "$it" ] || flock -n "$it/lock" rm -rf "$it" || :
  done
  if [ -f "$undoing/steps" ] && is_running; then
    keep_all
  elif [ -f "$undoing/steps" ]; then
    say 'an earlier install.sh was interrupted; undoing its changes'
    if ! take_all_back; then
      trap - EXIT
      refuse "$failed of these changes could not be undone, see above. Run install.sh again when there is room, or give up on them: rm -r $undoing"
    fi
  fi
  there "$program" || [ ! -d "$replaced" ] || mv "$replaced" "$program"
  # Without steps it had changed nothing yet, or was over: what else is there was only on its way.
  is_over
}

# shellcheck disable=SC2317 # called by the trap
finish() {
  trap '' PIPE HUP INT TERM
  if [ "$1" -eq 0 ] || [ ! -f "$undoing/steps" ]; then return; fi
  if take_all_back; then
    is_over
    say 'install.sh: failed; all changes were undone.' >&2 || :
  else
    say "install.sh: failed, and $failed of its changes could not be undone, see above. Run install.sh again when there is room: it undoes them first." >&2 || :
  fi
}
