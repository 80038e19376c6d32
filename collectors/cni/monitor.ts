/** The states of a neighbour, with which its lines end (ip-neighbour(8)). */
const states = /(?:^| )(PERMANENT|NOARP|REACHABLE|STALE|INCOMPLETE|DELAY|PROBE|FAILED|NONE) *$/

export interface Watched {
  /** Bridge and overlays: all that happens to them. */
  readonly own: readonly string[]
  /** What packets leave by. Only whether it comes or goes: its addresses are other people's business. */
  readonly outward: readonly string[]
}

/**
 * What of `ip monitor link address route neigh` is worth a look. It prints text, also with -j (iproute2 6.1).
 * A pod that comes or goes prints two dozen lines about its veth and, measured with Debian's bridge
 * plugin, none about the bridge unless it is the first or the last: so pods' churn stays quiet. Neighbours
 * are heard of overlays alone, where they and FDB entries (`192.0.2.20 dev flannel.1 lladdr …`) stand for nodes.
 */
export function worthALook({ own, outward }: Watched): (line: string) => boolean {
  const overlay = (name: string) => name.startsWith('flannel')
  const watched = (name: string) => /^cni\d/.test(name) || overlay(name) || own.includes(name)
  return (line) => {
    const text = line.startsWith('Deleted ') ? line.slice(8) : line
    // `36: cni0: <…`, `36: cni0    inet 10.42.0.1/24 …`, `41: veth1f681911@if2: …`
    const [, link, after] = /^\d{1,10}: ([^\s:@]{1,15})([\s:@])/.exec(text) ?? []
    if (link !== undefined) return watched(link) || (outward.includes(link) && after !== ' ')
    // Local, broadcast and multicast routes come and go with an address that was told already.
    if (!/^[0-9a-f]{1,4}[.:]/.test(text) || /^(fe80|ff)/.test(text)) return false
    const [, device] = / dev (\S{1,15})( |$)/.exec(text.slice(0, 300)) ?? []
    if (device === undefined) return false
    return states.test(text.slice(-40)) ? overlay(device) : watched(device)
  }
}
