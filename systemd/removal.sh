# What install.sh takes away: what stands in its list, in an order that a second run can go on with. Read by install.sh.
# shellcheck shell=sh disable=SC2154 # the three share their variables

stop() {
  if is_made "$unit"; then systemctl disable --quiet --now murphy.service 2>/dev/null || :; fi
}

remove_program() {
  for file in "$unit" "$motd"; do
    if is_made "$file"; then rm -f "$file"; fi
  done
  if is_made "$unit"; then rm -f "$wanted"; fi
  for name in murphy agent; do
    if is_ours "$commands/$name"; then rm -f "$commands/$name"; fi
  done
  rm -rf "$staged" "$replaced"
  [ -n "$known" ] || return 0
  # The list goes last, and with --uninstall it stays for as long as something in it does.
  {
    for file in "$settings" "$settings/config.yaml" "$settings/discord.url" "$settings/webhook.url" "$settings/ntfy.url" "$state"; do
      if there "$file" && is_made "$file"; then say "$file"; fi
    done
    if has_group && is_made 'group murphy'; then say 'group murphy'; fi
    if has_user && is_made 'user murphy'; then say 'user murphy'; fi
  } >"$program/made.new"
  mv "$program/made.new" "$program/made"
  find "$program" -mindepth 1 -maxdepth 1 ! -name made -exec rm -rf {} +
  if booted; then
    systemctl daemon-reload
    systemctl reset-failed murphy.service 2>/dev/null || :
  fi
}

remove_rest() {
  for file in config.yaml discord.url webhook.url ntfy.url; do
    if is_made "$settings/$file"; then rm -f "$settings/$file"; fi
  done
  if is_made "$settings"; then rmdir "$settings" 2>/dev/null || :; fi
  if is_made "$state"; then rm -rf "$state" /run/murphy; fi
  if is_made 'user murphy' && [ "$(home_of_murphy)" = "$state" ]; then userdel murphy; fi
  # Deleting the user takes its group along, where the system is set up that way.
  if is_made 'group murphy' && has_group; then groupdel murphy; fi
  if [ -n "$known" ]; then
    rm -f "$program/made"
    rmdir "$program" 2>/dev/null || :
  fi
  for file in "$settings" "$state" "$unit" "$unit.d" "$motd"; do
    if there "$file"; then say "$file stays: install.sh did not make it, or not all that is in it."; fi
  done
  if has_user; then say 'The user murphy stays: install.sh did not make it.'; fi
  if has_group; then say 'The group murphy stays: install.sh did not make it.'; fi
}
