#!/bin/sh
# Installs Murphy on this machine, or removes it; see `sh install.sh --help`.
# Where nothing lies beside it, as in `curl … | sh`, it fetches a release and has the installer of that one go on. What
# changes the machine is in systemd/. It is functions up to the last line, so that half of this file does nothing.
set -eu
umask 022
# Filled in by the release: where it is published, which version this is, and whose signature is believed.
place=''
pinned=''
keys=''

action=install dry=false agent_command=true test=true credential=false piped=false
webhook='' ntfy='' cluster='' asked='' channel='' nodes='' got=''

usage() {
  cat <<'END'
usage: sh install.sh [options]           as root, on Linux with systemd
       curl -fsSL URL/install.sh | sudo sh -s -- [options]

Installs or upgrades Murphy and starts it: from a checkout (needs npm), from an
unpacked release, or, where neither lies beside it, from a release it fetches.

  --webhook URL        notify this Discord or Slack webhook, or POST JSON to this
                       address; the settings hold examples for other services
  --ntfy URL           notify this ntfy topic: https://ntfy.sh/TOPIC
                       "-" instead of a URL: ask for it, or read it from standard
                       input, one a line. Or --webhook-file FILE, --ntfy-file FILE
  --credential         keep these URLs as systemd credentials, encrypted if it can
  --cluster NAME       what the cluster is called in messages
  --no-test            send no test message
  --on HOST,HOST       install on these machines, over ssh, not on this one;
                       they need no network
  --version VERSION    fetch this version, not the one of this install.sh
  --channel NAME       fetch the newest of a channel, such as stable
  --rollback           put the version before the last upgrade back
  --no-agent-command   install only the command `murphy`, if `agent` is another program
  --dry-run            check, print the steps, change nothing
  --uninstall          remove program, unit and commands; keep settings, state and user
  --purge              remove all that install.sh made; keep files of others

MURPHY_URL is where releases are: a folder, or an https:// address; without it,
where this install.sh was published. What is not signed by Murphy's key is refused.
Settings are in /etc/murphy/config.yaml and are never overwritten.
END
}

say() { printf '%s\n' "$*"; }

refuse() {
  say "install.sh: $*" >&2
  exit 1
}

misused() { say "install.sh: $* See --help." >&2; exit 2; }

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --webhook | --ntfy | --webhook-file | --ntfy-file | --cluster | --version | --channel | --on)
        [ $# -gt 1 ] || misused "$1 needs a URL or a name."
        read_value "$1" "$2"
        shift
        ;;
      --no-test) test=false ;;
      --credential) credential=true ;;
      --no-agent-command) agent_command=false ;;
      --dry-run) dry=true ;;
      --rollback | --uninstall | --purge) action=${1#--} ;;
      --help | -h) usage && exit 0 ;;
      *) misused "unknown option $1." ;;
    esac
    shift
  done
  if [ "$action$webhook" = install ] && [ -n "${MURPHY_WEBHOOK-}" ]; then read_value --webhook "$MURPHY_WEBHOOK"; fi
  # Not for the programs that are started from here.
  unset MURPHY_WEBHOOK
  ! $credential || [ -n "$webhook$ntfy" ] || misused '--credential needs --webhook or --ntfy.'
}

read_value() {
  case $1 in
    --webhook | --webhook-file) read_url "$1" "$2" && webhook=$url ;;
    --ntfy | --ntfy-file) read_url "$1" "$2" && ntfy=$url ;;
    --on)
      case $2 in *[!][A-Za-z0-9@.,:%_-]*) misused "$1: invalid characters." ;; esac
      nodes=$2
      ;;
    *)
      # They become part of a path, or of the settings.
      case $2 in [!A-Za-z0-9]* | *[!A-Za-z0-9._+~\ -]*) misused "$1: invalid characters in the name." ;; esac
      case $1 in --cluster) cluster=$2 ;; --version) asked=${2#v} ;; --channel) channel=$2 ;; esac
      ;;
  esac
}

# A URL is a secret: it is never printed, nor handed to a command.
read_url() {
  url=$2
  case $1 in
    *-file) url='' && IFS= read -r url <"$2" || [ -n "$url" ] || misused "$1: no line to read in $2." ;;
    *) [ "$url" != - ] || ask_url "$1" ;;
  esac
  case $url in
    http://?* | https://?*) ;;
    *) misused "$1: the URL must begin with https:// or http://." ;;
  esac
  case $url in
    *[!A-Za-z0-9:/?#@!\$\&\'\(\)*+,\;=._~%-]*) misused "$1: invalid characters in the URL." ;;
  esac
}

# From standard input, unless that is this script; then from the terminal. None shows it.
ask_url() {
  if ! $piped; then
    exec 3<&0
  elif (: </dev/tty) 2>/dev/null; then
    exec 3</dev/tty
  else
    misused "$1 -: standard input is this script, and there is no terminal to ask. Write the URL to a file: $1-file FILE."
  fi
  if [ -t 3 ]; then
    printf '%s: paste the URL, it is not shown: ' "$1" >&2
    trap 'stty echo <&3; exit 130' INT TERM HUP
    stty -echo <&3
  fi
  IFS= read -r url <&3 || :
  if [ -t 3 ]; then stty echo <&3 && say '' >&2; fi
  exec 3<&-
  [ -n "$url" ] || misused "$1 -: no URL on standard input."
}

check_root() { [ "$(id -u)" -eq 0 ] || $dry || refuse 'root is needed: sudo sh install.sh'; }

check_systemd() {
  works='Murphy runs on Debian 11, Ubuntu 22.04 and newer ones.'
  [ "$(uname -s)" = Linux ] || refuse 'Murphy runs on Linux only.'
  for tool in systemctl systemd-notify; do
    command -v $tool >/dev/null ||
      refuse "systemd is missing. $works Without it, run Murphy in the foreground, in a checkout: npm start"
  done
}

cpu_of() { case $1 in x86_64 | amd64) say x64 ;; aarch64 | arm64) say arm64 ;; esac; }

# Whether root may run what lies there: all is root's, or of whoever owns this file. Into /tmp others can put the rest.
is_safe() {
  [ "$(id -u)" -eq 0 ] || return 0
  # With the one name that has to be found, for where find itself fails.
  [ "$source/systemd/steps.sh" = "$(find -L "$source" -maxdepth 2 ! -type l \( -name steps.sh -o -perm -2 -o \
    ! -user 0 ! -user "$(stat -L -c %u "$0")" \) 2>/dev/null)" ]
}

# Whether the rest lies beside this file, not in whatever folder somebody happens to be, and what is to be installed too.
is_beside() {
  case $0 in install.sh | */install.sh) [ -f "$0" ] || return 1 ;; *) return 1 ;; esac
  source=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
  if [ -n "$asked$channel" ] || [ ! -f "$source/systemd/steps.sh" ]; then return 1; fi
  if ! is_safe; then
    [ -z "${MURPHY_URL:-$place}" ] || return 1
    refuse "others can write to $source, or own a part of it, and could have root run anything; use a folder that is yours alone."
  fi
  # What is installed already is a release for others. Where nothing can be fetched, the sentence is about what lies here.
  [ "$action" != install ] || [ -f "$source/dist/agent/main.js" ] || [ -f "$source/agent/main.ts" ] ||
    [ -n "$nodes" ] || [ -z "${MURPHY_URL:-$place}" ]
}

check_where() {
  where=${MURPHY_URL:-$place}
  where=${where#file://} where=${where%/}
  case $where in
    '') refuse 'no release lies beside install.sh, and none is known: set MURPHY_URL to a folder or an https:// address.' ;;
    *[!][A-Za-z0-9:/._~%+,-]*) refuse 'MURPHY_URL: only a folder, or an address without a password, a blank or a "?".' ;;
    https://?* | http://?*) ;;
    *) where=$(CDPATH='' cd -- "$where" 2>/dev/null && pwd) || refuse "MURPHY_URL: there is no folder ${MURPHY_URL:-$place}" ;;
  esac
}

# Gets a file of at most so many KiB into the folder that is removed at the end; fails if it is not there, or larger.
# Proxies are what curl and wget find in the environment.
fetch() {
  (
    # In blocks of 512 bytes, or in some shells of 1024.
    ulimit -f $(($2 * 2))
    to=$got/${1##*/} only='=http,https'
    case $where in
      /*) exec cp -- "$where/$1" "$to" ;;
      https:*) only='=https' ;;
    esac
    if command -v curl >/dev/null; then
      exec curl -fsSL --proto "$only" --connect-timeout 20 --speed-limit 1000 --speed-time 30 --max-time 1800 \
        -o "$to" "$where/$1"
    fi
    command -v wget >/dev/null || refuse 'curl is missing, and so is wget. On Debian: apt-get install curl'
    exec timeout 1800 wget -q -T 30 -O "$to" "$where/$1"
  ) </dev/null 8>&-
}

unfetched() {
  hint=''
  [ -z "${SUDO_USER-}" ] || [ -n "${https_proxy-}${HTTPS_PROXY-}" ] || hint=' Behind a proxy: only sudo -E hands https_proxy on.'
  refuse "$where/$1 could not be fetched; nothing was changed.$hint"
}

# The sums of a folder there, of which none is believed before the signature over all of them.
fetch_sums() {
  folder=$1
  rm -f "$got/SHA256SUMS"
  fetch "${folder}SHA256SUMS" 64 2>/dev/null || return 1
  case $(head -c 1 "$got/SHA256SUMS") in '<') refuse "$where answers with a web page, not with a release; nothing was changed." ;; esac
  fetch "${folder}SHA256SUMS.sig" 4 || unfetched "${folder}SHA256SUMS.sig"
  for key in $keys; do
    { say '-----BEGIN PUBLIC KEY-----' && say "$key" | fold -w 64 && say '-----END PUBLIC KEY-----'; } >"$got/key"
    if openssl dgst -sha256 -verify "$got/key" -signature "$got/SHA256SUMS.sig" "$got/SHA256SUMS" >/dev/null 2>&1; then return; fi
  done
  [ -n "$keys" ] || refuse 'this install.sh is of no release: it has no key to check one with. Use the one that lies beside the release.'
  refuse "$where/${folder}SHA256SUMS is not signed by Murphy's key; nothing was changed."
}

fetch_listed() {
  sum=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$1\$/\1/p" "$got/SHA256SUMS")
  [ -n "$sum" ] || refuse "$where/${folder}SHA256SUMS lists no $1; nothing was changed."
  fetch "$folder$1" "$2" || unfetched "$folder$1"
  [ "$(sha256sum <"$got/$1")" = "$sum  -" ] ||
    refuse "$where/$folder$1 is damaged, or only a part of it: its sum is not the signed one; nothing was changed."
}

choose() {
  [ -z "$asked" ] || return 0
  asked=$pinned
  [ -n "$channel" ] || [ -z "$pinned" ] || return 0
  channel=${channel:-stable}
  # What is signed cannot be changed on the way, but something old, which is signed too, could be put in its place.
  case $where in http:*) refuse "the newest of $channel is asked by https:// or of a folder only: by http:// an old one could pass for it. Use --version." ;; esac
  fetch_sums '' || unfetched SHA256SUMS
  fetch_listed "$channel" 1
  read_value --version "$(cat "$got/$channel")"
  # For the same reason.
  now=$(sed -n 's/^ *"version": "\(.*\)",*$/\1/p' /opt/murphy/agent/package.json 2>/dev/null) || :
  newest=$(printf '%s\n' "$now" "$asked" | tr -- - '~' | sort -V | sed -n '$p' | tr '~' -)
  [ "$newest" = "$asked" ] || refuse "$channel is $asked at $where, older than what is installed, $now. To go back: --version $asked, or --rollback."
}

fetch_release() {
  fetch_sums "$asked/" || fetch_sums '' || unfetched SHA256SUMS
  release=murphy-$asked-linux-$1
  say "fetching $where/$folder$release.tar.gz"
  fetch_listed "$release.tar.gz" 200000
  tar -xzof "$got/$release.tar.gz" -C "$got" || refuse 'the release could not be unpacked; nothing was changed.'
  rm "$got/$release.tar.gz"
}

# The options for another install.sh, which gets the addresses by standard input.
again() {
  printf '%s' "${webhook:+ --webhook -}${ntfy:+ --ntfy -}"
  [ -z "$cluster" ] || printf ' --cluster "%s"' "$cluster"
  $test || printf ' --no-test'
  ! $credential || printf ' --credential'
  $agent_command || printf ' --no-agent-command'
  ! $dry || printf ' --dry-run'
  [ "$action" = install ] || printf ' --%s' "$action"
}

addresses() { for it in "$webhook" "$ntfy"; do [ -z "$it" ] || say "$it"; done; }

# Fetches a release, and has its own installer go on.
get() {
  check_where
  if [ -z "$nodes" ]; then check_systemd && check_root; fi
  for tool in tar gzip sha256sum openssl; do
    command -v $tool >/dev/null || refuse "$tool is missing. On Debian: apt-get install $tool"
  done
  cpu=$(cpu_of "$(uname -m)")
  # Only root can put anything into /opt, and it is on a disk; /tmp may be neither. The lock says that somebody is at it.
  got=$(mktemp -d /opt/.murphy-get.XXXXXX 2>/dev/null || mktemp -d)
  trap 'rm -rf "$got"' EXIT
  exec 8>"$got/lock"
  ! command -v flock >/dev/null || flock 8
  choose
  fetch_release "${cpu:-x64}"
  addresses | MURPHY_URL=$where sh -c "exec sh '$got/$release/install.sh'$(again)${nodes:+ --on '$nodes'}"
}

main() {
  # This is how a shell says that it reads its script from standard input.
  case $- in *s*) piped=true ;; esac
  read_options "$@"
  trap 'exit 130' INT
  trap 'exit 143' HUP TERM
  # Where nobody reads any more; without a trap, dash would end without those of EXIT.
  trap 'exit 141' PIPE
  if $piped; then exec </dev/null; fi
  is_beside || { get; exit; }
  for part in undo list checks steps sinks help after removal nodes runs; do
    # shellcheck source=/dev/null
    . "$source/systemd/$part.sh"
  done
  act
}

{ main "$@"; exit; }
