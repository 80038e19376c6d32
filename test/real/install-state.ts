/**
 * A function of bash that says what a node is known by, where it is not asked for all there is: every file that the
 * installer might touch, the accounts, and what runs. What is kept of the former version is none of it: what it is
 * depends on whether a killed run was over.
 */
export const state = String.raw`
state() {
  for it in /opt /etc/murphy /var/lib/murphy /etc/systemd/system /etc/update-motd.d /usr/local/bin /usr/local/share; do
    [ ! -e $it ] || find $it -path /opt/murphy.former -prune -o -printf '%M %u %g %p %l\n'
  done | grep -v ' /opt$' | sort
  find /opt/murphy /opt/.m* /etc/murphy /etc/systemd/system/murphy*.service /etc/update-motd.d -type f 2>/dev/null | grep -vx /opt/murphy/made | sort | xargs -r sha256sum
  sort /opt/murphy/made 2>/dev/null | grep -vx /opt/murphy.former
  grep murphy /etc/passwd /etc/group || :
}
`
