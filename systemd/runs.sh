# The runs of install.sh, step by step. Read by install.sh.
# shellcheck shell=sh disable=SC2034,SC2154 # the parts share their variables

act() {
  if [ -n "$nodes" ]; then
    on_nodes
    return
  fi
  case $action in install | rollback) check_systemd ;; esac
  if [ "$(id -u)" -eq 0 ]; then take_lock; fi
  $dry || trap 'finish $?' EXIT
  case $action in
    install | rollback) install ;;
    *) uninstall ;;
  esac
}

install() {
  check_root
  [ -z "${MURPHY_URL-}" ] || check_where
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
  step "write $unit and $last_word" write_units
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
  show_next
}

uninstall() {
  check_root
  heal
  read_list
  if booted; then step 'stop murphy.service' stop; fi
  step "remove $program, $unit, $last_word, $motd and the commands in $commands" remove_program
  if [ "$action" = purge ]; then
    step "remove what install.sh made of $settings, $state, the user and the group murphy" remove_rest
  elif ! $dry; then
    say "Kept, until --purge: $settings, $state, the user and the group murphy."
  fi
}
