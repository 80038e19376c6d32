# What install.sh takes away: what stands in its list, in an order that a second run can go on with. Read by install.sh.
# shellcheck shell=sh disable=SC2154 # the parts share their variables

stop() {
  if is_made "$last_word"; then systemctl stop murphy-last-word.service 2>/dev/null || :; fi
  if is_made "$unit"; then systemctl disable --quiet --now murphy.service 2>/dev/null || :; fi
}

remove_program() {
  for file in "$unit" "$handing" "$last_word" "$motd"; do
    if is_made "$file"; then rm -f "$file"; fi
  done
  if is_made "$unit.d"; then rmdir "$unit.d" 2>/dev/null || :; fi
  if is_made "$unit"; then rm -f "$wanted"; fi
  for name in murphy agent; do
    if is_ours "$commands/$name"; then rm -f "$commands/$name"; fi
  done
  remove_help
  if is_made "$former"; then rm -rf "$former"; fi
  [ -n "$known" ] || return 0
  # The list goes last, and with --uninstall it stays for as long as something in it does.
  shorten_list
  for part in $parts; do
    [ "$part" = made ] || rm -rf "${program:?}/$part"
  done
  if booted; then
    systemctl daemon-reload
    systemctl reset-failed murphy.service 2>/dev/null || :
  fi
}

# Files first, then the folders that were made for them, the deepest first, where nothing else is in them.
remove_help() {
  printf '%s\n' "$known" | grep "^$shares/" | sort -r | while IFS= read -r it; do
    if [ -d "$it" ] && [ ! -L "$it" ]; then
      rmdir "$it" 2>/dev/null || :
    else
      rm -f "$it"
    fi
  done
}

remove_rest() {
  for file in "$settings/config.yaml" $(addresses_in "$settings"); do
    if is_made "$file"; then rm -f "$file"; fi
  done
  if is_made "$settings"; then rmdir "$settings" 2>/dev/null || :; fi
  if is_made "$state"; then rm -rf "$state" /run/murphy; fi
  if is_made "$(the_user)" && [ "$(home_of_murphy)" = "$state" ]; then userdel murphy || :; fi
  # Deleting the user takes its group along, where the system is set up that way.
  if is_made "$(the_group)" && [ -z "$(others)" ]; then groupdel murphy || :; fi
  rest="$settings $state $unit $unit.d $last_word $motd"
  if is_made "$(the_user)" || is_made "$(the_group)"; then
    # Why userdel or groupdel refused, they said themselves.
    shorten_list
    say "$program/made stays: the next --purge needs it to delete the rest."
  elif [ -n "$known" ]; then
    forget
    rest="$rest $program"
  fi
  for file in $rest; do
    if there "$file"; then say "$file stays: install.sh did not make it, or not all that is in it."; fi
  done
  if has_user; then say 'The user murphy stays: install.sh did not make it, or it is in use.'; fi
  if has_group; then
    who=$(others)
    say "The group murphy stays: install.sh did not make it, or it is in use${who:+ by $who}."
  fi
}

# In one moment, where nothing of others is in it: without its list the folder would be another program's.
forget() {
  if [ -z "$(strays)" ]; then
    mv "$program" "$staged"
    rm -rf "$staged"
  else
    rm -f "$program/made"
  fi
}
