# What install.sh looks at before its first change. Read by install.sh.
# shellcheck shell=sh disable=SC2034,SC2154 # the parts share their variables

# Runtime and program, in KiB, with room to spare.
room=200000

check_machine() {
  cpu=$(cpu_of "$(uname -m)")
  [ -n "$cpu" ] || refuse "no runtime for this CPU, $(uname -m); supported: x86_64, aarch64."
  # A Raspberry Pi may have a kernel of 64 bits under a system of 32.
  [ "$(getconf LONG_BIT 2>/dev/null || say 64)" = 64 ] ||
    refuse 'this is a 32-bit system on a 64-bit kernel; Murphy needs a 64-bit system.'
  [ -e /lib64/ld-linux-x86-64.so.2 ] || [ -e /lib/ld-linux-aarch64.so.1 ] ||
    refuse "glibc is missing, which Murphy's Node.js needs. $works"
  # `systemd 252 (252.39-1~deb12u1)`. The unit's directives that 247 does not know only restrict it further.
  systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
  [ "${systemd:-0}" -ge 247 ] || refuse "systemd $systemd is too old; Murphy needs 247. $works"
  command -v useradd >/dev/null || refuse 'useradd is missing. On Debian: apt-get install passwd'
  free=$( (df -Pk /opt 2>/dev/null || df -Pk /) | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$room" ] || refuse "/opt has $((free / 1024)) MiB free; $((room / 1024)) MiB are needed."
}

# What is installed: a release, a checkout, or what lies as it was installed, here or of the former version.
find_program() {
  if [ "$action" = rollback ] && [ -z "$nodes" ]; then
    if ! is_made "$former" || ! is_roots "$former" || [ "$(head -n 1 "$former/made" 2>/dev/null)" != "$mark" ]; then
      refuse 'no former version is kept: --rollback undoes an upgrade, once.'
    fi
    source=$former
  fi
  agent=$source/dist/agent runtime=$source/runtime/node build=false
  if [ -f "$runtime" ] && [ -f "$agent/main.js" ]; then return; fi
  if [ "$source" = "$former" ] || [ -n "$nodes" ]; then
    agent=$source/agent runtime=$source/bin/node
    # Where earlier versions have it.
    [ -f "$runtime" ] || runtime=$source/node
    if [ -f "$runtime" ] && [ -f "$agent/main.js" ]; then return; fi
    agent=$source/dist/agent
  fi
  [ -f "$source/agent/main.ts" ] || refuse "$source is neither a checkout nor a release of Murphy."
  command -v npm >/dev/null || refuse 'the build needs npm: apt-get install npm. A release needs no build.'
  runtime=$source/node_modules/node-linux-$cpu/bin/node build=true
}

check_names() {
  if [ -d /usr/lib/murphy ] || [ -d /usr/libexec/murphy ]; then
    refuse 'Murphy is a package here; upgrade or remove it as one: apt-get remove murphy, or dnf remove murphy'
  fi
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
  if has_group && { ! is_made "$(the_group)" || { [ -n "$who" ] && [ ! -e "$program/agent" ]; }; }; then
    refuse "there is a group called murphy already, and its members${who:+ ($who)} could query and silence Murphy; remove them from it, or: groupdel murphy"
  fi
  if is_foreign "$former"; then refuse "$former is another program's; move it away first."; fi
  for file in "$unit" "$last_word"; do
    if is_foreign "$file"; then refuse "$file is another program's; move it away first."; fi
  done
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
  if $credential && is_foreign "$handing"; then refuse "$handing is another program's; move it away first."; fi
  [ -z "$webhook" ] || check_url "$(kind_of "$webhook")"
  [ -z "$ntfy" ] || check_url ntfy
}

check_url() {
  file=$settings/$1.url
  ! $credential || file=$settings/$1.cred
  if is_foreign "$file"; then
    refuse "$file exists, and install.sh did not write it; move it away, or omit the option."
  fi
}
