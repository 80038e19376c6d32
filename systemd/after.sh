# What install.sh says once all is done: whether Murphy can do its work here, and how the next node gets it. Read by
# install.sh.
# shellcheck shell=sh disable=SC2154 # the parts share their variables

# What is wrong with the node, or with a sink, is no fault of the installation. Who only upgrades is not sent anything.
examine() {
  if $test && { $first || [ -n "$webhook$ntfy" ]; }; then
    "$commands/murphy" doctor --send || :
  else
    "$commands/murphy" doctor || :
  fi
}

# The line for the next node, in which no address stands.
show_next() {
  options='' how=''
  for kind in $kinds; do
    ! is_kept "$kind.cred" || how=' --credential'
    is_kept "$kind.url" || is_kept "$kind.cred" || continue
    case $kind in ntfy) options="$options --ntfy -" ;; *) options=' --webhook -' ;; esac
  done
  options=$options$how
  name=$(named_cluster)
  [ -z "$name" ] || options="$options --cluster $(quoted "$name")"
  say ''
  from=${MURPHY_URL:-$place} with=''
  [ "$from" = "$place" ] || with="MURPHY_URL=$from "
  from=${from#file://} from=${from%/}
  case $from in
    '') say "The next node: sh install.sh --on root@NODE$options" ;;
    # A script by plain http could be anybody's: the one that is here has the same version and key.
    http:*) say "The next node: sudo sh $program/install.sh --on root@NODE$options" ;;
    http*) say "The next node: curl -fsSL $from/install.sh | sudo ${with}sh -s --$options" ;;
    *) say "The next node: sudo ${with}sh $from/install.sh$options" ;;
  esac
}

is_kept() { [ -f "$settings/$1" ] && is_listed "$settings/$1"; }
is_listed() { grep -qxF -- "$1" "$program/made"; }
quoted() { case $1 in *' '*) say "'$1'" ;; *) say "$1" ;; esac; }
