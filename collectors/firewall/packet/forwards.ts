import { own } from './steps.ts'
import { words } from './tokens.ts'

const most = 2000

/**
 * Host ports as the CNI's portmap plugin maps them in the nat table (containernetworking/plugins
 * portmap.go): PREROUTING leads to CNI-HOSTPORT-DNAT, which leads to one CNI-DN- chain for each sandbox, in
 * which DNAT names the pod.
 */
export function gatherForwards() {
  let hooked = false
  const reached = new Set<string>()
  const found: { readonly chain: string; readonly forward: string }[] = []
  return {
    /** A rule of the nat table. */
    rule(chain: string, text: string) {
      if (chain === 'PREROUTING') hooked ||= text.endsWith(' -j CNI-HOSTPORT-DNAT')
      else if (chain === 'CNI-HOSTPORT-DNAT') {
        const target = / -j (CNI-DN-\S{1,30})$/.exec(text.slice(-40))?.[1]
        if (target && reached.size < most) reached.add(own(target))
      } else if (chain.startsWith('CNI-DN-') && text.includes(' -j DNAT ') && found.length < most) {
        const all = words(text)
        const after = (option: string) => all[all.indexOf(option) + 1] ?? ''
        found.push({
          chain: own(chain),
          forward: own(`${after('-p')} ${after('--dport')} ${after('--to-destination')}`),
        })
      }
    },
    /** The mappings as `tcp 80 10.42.0.36:80`; only those that packets reach. */
    end: (): readonly string[] =>
      hooked ? found.filter((it) => reached.has(it.chain)).map((it) => it.forward) : [],
  }
}
