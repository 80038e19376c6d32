# What install.sh writes for people: the message at login, completion and manual. Read by install.sh.
# shellcheck shell=sh disable=SC2154 # the parts share their variables

write_motd() {
  [ -d "${motd%/*}" ] || return 0
  if is_foreign "$motd"; then
    say "  $motd is another program's and was not changed"
    return 0
  fi
  note "$motd"
  put "$motd" 0755 <"$source/systemd/motd"
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
  MURPHY_COMMAND=$called "$program/bin/node" "$program/agent/main.js" "$@" | put "$file" 0644
}

make_folder() {
  if there "$1"; then return 0; fi
  make_folder "${1%/*}"
  on_failure "rmdir '$1' 2>/dev/null || :"
  note "$1"
  mkdir -m 0755 "$1"
}
