/**
 * What of `ip monitor link address route` is worth a look. It prints text, also with -j (iproute2 6.1).
 * A pod that comes or goes prints two dozen lines about its veth and, measured with Debian's bridge
 * plugin, none about the bridge unless it is the first or the last: so pods' churn stays quiet.
 */
export function worthALook(names: readonly string[]): (line: string) => boolean {
  const watched = (name: string) => /^(cni\d|flannel)/.test(name) || names.includes(name)
  return (line) => {
    const text = line.startsWith('Deleted ') ? line.slice(8) : line
    // `36: cni0: <…`, `36: cni0    inet 10.42.0.1/24 …`, `41: veth1f681911@if2: …`
    const [, link] = /^\d{1,10}: ([^\s:@]{1,15})[\s:@]/.exec(text) ?? []
    if (link !== undefined) return watched(link)
    // Local, broadcast and multicast routes come and go with an address that was told already.
    if (!/^[0-9a-f]{1,4}[.:]/.test(text) || /^(fe80|ff)/.test(text)) return false
    const [, device] = / dev (\S{1,15})( |$)/.exec(text.slice(0, 300)) ?? []
    return device !== undefined && watched(device)
  }
}
