# install.sh --on: Murphy on other machines, over the ssh of whoever calls it. Read by install.sh.
# shellcheck shell=sh disable=SC2034,SC2154 # the parts share their variables

# For each machine three files with a number: .node, its name; .log, what was said; .failed, if it was in vain.
on_nodes() {
  command -v ssh >/dev/null || refuse 'ssh is missing. On Debian: apt-get install openssh-client'
  got=$(mktemp -d)
  trap 'rm -rf "$got"' EXIT
  number=100
  for node in $(say "$nodes" | tr , ' '); do
    case $node in -*) misused "--on: $node is no machine." ;; esac
    say "$node" >"$got/$number.node"
    number=$((number + 1))
  done
  [ "$number" -gt 100 ] || misused '--on: no machine.'
  on_each ask_node
  for file in "$got"/*.machine; do
    it=$(cpu_of "$(cat "$file" 2>/dev/null)")
    [ -z "$it" ] || [ -e "$got/$it.packed" ] || (pack "$it") || rm -f "$got/$it.packed"
  done
  on_each install_on
  show_nodes
}

# Side by side: a machine that does not answer keeps no other waiting. Of what one says 1 MB is kept; it is read to its
# end, so that what runs there is not ended by that.
on_each() {
  for file in "$got"/*.node; do
    read -r node <"$file"
    at=${file%.node}
    { "$1" 2>&1 | { head -c 1000000 >>"$at.log" && cat >/dev/null; }; } &
  done
  wait
}

# Nobody is asked for a password, which would have to be given as often as there are machines; nor for trust in a key.
# Where sshd lives and the shell does not, it is over after so many seconds.
at_node() {
  status=0
  timeout -k 10 "$1" ssh -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 "$node" "$2" || status=$?
  case $status in 124 | 137) say "it was not done within $1 s" >&2 ;; esac
  return "$status"
}

# A shell may greet before it answers.
ask_node() {
  { at_node 60 'uname -m' </dev/null || : >"$at.failed"; } | head -c 4096 | tail -n 1 >"$at.machine"
}

# What such a machine is sent: this release, or for another CPU the same version, fetched.
pack() {
  own=$(cpu_of "$(uname -m)")
  if [ "$1" = "${own:-x64}" ] || [ -f "$source/node_modules/node-linux-$1/bin/node" ]; then
    cpu=$1
    find_program
    if $build; then
      ! $dry || refuse 'a checkout is built before it is sent, which --dry-run does not do: npm run build'
      build_program
    fi
  else
    asked=$pinned
    check_where
    fetch_release "$1"
    source=$got/$release agent=$got/$release/dist/agent runtime=$got/$release/runtime/node
  fi
  mkdir -p "$got/$1/murphy/runtime" "$got/$1/murphy/dist"
  ln -s "$runtime" "$got/$1/murphy/runtime/node"
  ln -s "$agent" "$got/$1/murphy/dist/agent"
  for part in LICENSE systemd; do ln -s "$source/$part" "$got/$1/murphy/$part"; done
  cp "$source/install.sh" "$got/$1/murphy/"
  # It will ask there for newer ones; a folder of this machine is none of that one.
  case ${MURPHY_URL-} in http*) check_where && sed -i "s|^place=.*|place='$where'|" "$got/$1/murphy/install.sh" ;; esac
  tar -chf - -C "$got/$1" murphy | gzip -1 >"$got/$1.packed"
}

# First the addresses, two lines, then the release, all by standard input: a command line can be read by anybody there.
install_on() {
  [ ! -e "$at.failed" ] || return 0
  cpu=$(cpu_of "$(cat "$at.machine")")
  if [ -z "$cpu" ]; then say "no runtime for this CPU, $(cat "$at.machine"); supported: x86_64, aarch64."; fi
  if [ ! -s "$got/$cpu.packed" ]; then
    [ -z "$cpu" ] || say "there is no release for $cpu here, and none could be fetched"
    : >"$at.failed"
    return 0
  fi
  # shellcheck disable=SC2016 # it is for the shell over there
  remote='umask 077; d=$(mktemp -d /var/tmp/murphy.XXXXXX) && trap "rm -rf $d" EXIT && IFS= read -r a && IFS= read -r b'
  # shellcheck disable=SC2016
  remote="$remote"' && tar -xzof - -C "$d" && { s=; test "$(id -u)" = 0 || s="sudo -n"; }'
  # shellcheck disable=SC2016
  remote="$remote"' && printf "%s\n" "$a" "$b" | $s sh "$d/murphy/install.sh"'"$(again)"
  { say "${webhook:-$ntfy}" && say "${webhook:+$ntfy}" && cat "$got/$cpu.packed"; } | at_node 900 "sh -c '$remote'" ||
    : >"$at.failed"
}

# One line a machine; of those that failed all that was said comes first, without what could drive a terminal.
show_nodes() {
  failed=false
  for file in "$got"/*.log; do
    tr -d '\000-\010\013-\037\177' <"$file" >"$file.said"
    mv "$file.said" "$file"
  done
  for file in "$got"/*.failed; do
    [ -e "$file" ] || continue
    failed=true
    sed "s/^/$(cat "${file%.failed}.node"): /" "${file%.failed}.log" >&2
  done
  for file in "$got"/*.node; do
    read -r node <"$file"
    at=${file%.node}
    if [ -e "$at.failed" ]; then
      it=$(sed -n '/./h; $ { x; p; }' "$at.log")
      result="failed: ${it:-it gave no answer}"
    else
      result="$(sed -n 's/^Installed in [^:]*: /installed: /p; s/^Kept, until --purge.*/removed/p' "$at.log" | tail -n 1)"
    fi
    printf '%-24s %s\n' "$node" "${result:-done}"
  done
  if $failed; then exit 1; fi
}
