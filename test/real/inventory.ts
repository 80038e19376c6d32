import type { Container } from './container.ts'

/**
 * Everything there is on a node: files with owner, mode and target, what stands in /etc, units. Left out are
 * what changes by itself, the source that is installed from, and the backups that useradd makes of /etc/passwd.
 */
export async function inventory(node: Container): Promise<readonly string[]> {
  const said = await node.sh(
    `find / -xdev -path /var/log -prune -o -path /root/release -prune -o -path /var/tmp -prune -o -printf '%M %u %g %p %l\\n'
     find /etc -type f -exec sha256sum {} + ; systemctl list-unit-files --no-legend`,
  )
  return said
    .split('\n')
    .filter((it) => !/ \/etc\/(\.pwd\.lock|(passwd|shadow|group|gshadow|subuid|subgid)-)/.test(it))
    .sort()
}
