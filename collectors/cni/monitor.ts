import { podVeth } from './links.ts'

/** The neighbour states with which a line of `ip monitor neigh` ends (ip-neighbour(8)). */
const states = /(?:^| )(PERMANENT|NOARP|REACHABLE|STALE|INCOMPLETE|DELAY|PROBE|FAILED|NONE) *$/

export interface Watched {
  /** Bridge and overlays: every event about them is relevant. */
  readonly own: readonly string[]
  /** Devices by which packets leave: only whether one comes or goes; its addresses are not Murphy's concern. */
  readonly outward: readonly string[]
  /**
   * Pods are cut off, so what comes and goes of pods may be the repair: then the end of a pod's veth counts too, one
   * line of the two dozen that a pod prints.
   */
  readonly pods?: boolean
}

/**
 * Which lines of `ip monitor link address route neigh` start a collector run. The command prints text even with -j
 * (iproute2 6.1). A pod that comes or goes prints two dozen lines about its veth but, measured with Debian's bridge
 * plugin, none about the bridge unless it is the first or last pod: so ordinary pods start no run. Neighbours count
 * only on overlays, where they and FDB entries (`192.0.2.20 dev flannel.1 lladdr …`) stand for nodes.
 */
export function isRelevantLine({ own, outward, pods = false }: Watched): (line: string) => boolean {
  const overlay = (name: string) => name.startsWith('flannel')
  const watched = (name: string) => /^cni\d/.test(name) || overlay(name) || own.includes(name)
  return (line) => {
    const text = line.startsWith('Deleted ') ? line.slice(8) : line
    // `36: cni0: <…`, `36: cni0    inet 10.42.0.1/24 …`, `41: veth1f681911@if2: …`
    const [, link, after] = /^\d{1,10}: ([^\s:@]{1,15})([\s:@])/.exec(text) ?? []
    if (pods && link !== undefined && text !== line && podVeth.test(link)) return true
    if (link !== undefined) return watched(link) || (outward.includes(link) && after !== ' ')
    // Local, broadcast and multicast routes follow from an address whose own event has been seen already.
    if (!/^[0-9a-f]{1,4}[.:]/.test(text) || /^(fe80|ff)/.test(text)) return false
    const [, device] = / dev (\S{1,15})( |$)/.exec(text.slice(0, 300)) ?? []
    if (device === undefined) return false
    return states.test(text.slice(-40)) ? overlay(device) : watched(device)
  }
}
