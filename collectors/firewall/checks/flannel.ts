import type { Observation } from '../../../agent/model/index.ts'
import { day } from '../../../agent/text/times.ts'
import type { Code } from '../rules.ts'
import { type Cells, type FirewallSample, ownerIn } from '../sample.ts'
import { settled } from './kube.ts'

/** Where this node has had flannel's rules (`ipv4 nat`); which there are depends on flannel's version. */
export interface FlannelMemory {
  readonly places: readonly string[]
  /** Since when one of them is empty. */
  readonly missing?: number
}

/** After this, fewer rules are what this node has now. */
const accepted = day

const placesOf = (cells: Cells) =>
  Object.entries(cells)
    .filter(([place, [, anchors]]) => ownerIn(place) === 'flannel' && anchors > 0)
    .map(([place]) => place.replace(/ flannel$/, ''))
    .sort()

const gone = (memory: FlannelMemory, cells: Cells) => {
  const here = new Set(placesOf(cells))
  return memory.places.filter((it) => !here.has(it))
}

/** What to remember after a look. While k3s does not run, nothing is learnt and nothing is missing. Pure. */
export function rememberFlannel(
  memory: FlannelMemory | undefined,
  cells: Cells,
  { running, now }: { readonly running: boolean; readonly now: number },
): FlannelMemory | undefined {
  const here = placesOf(cells)
  if (!memory) return here.length > 0 ? { places: here } : undefined
  if (!running) return { places: memory.places }
  if (gone(memory, cells).length === 0) return { places: here }
  const missing = memory.missing ?? now
  if (now - missing >= accepted) return here.length > 0 ? { places: here } : undefined
  return { places: [...memory.places, ...here.filter((it) => !memory.places.includes(it))], missing }
}

/** flannel puts its rules back every minute while it is well, which the rule's patience leaves room for. */
export function flannelMissing(sample: FirewallSample, now: number, cells: Cells): Observation<Code>[] {
  const { k3s, memory } = sample
  if (!k3s || !memory.flannel || !settled(k3s, now)) return []
  const places = gone(memory.flannel, cells).filter((place) =>
    // Without a tool, or where the table could not be read, there is nothing to say.
    sample.sets.some((it) => place.startsWith(`${it.family} `) && !it.stale),
  )
  if (places.length === 0) return []
  const named = places.map((it) => it.replace('ipv4 ', 'IPv4 ').replace('ipv6 ', 'IPv6 ')).join(', ')
  return [
    {
      code: 'firewall.flannel-rules-missing',
      subject: 'flannel',
      text: `This node had flannel's rules in ${named}; they are gone, and flannel has not put them back, which it does every minute while it is well.`,
      ...(memory.flannel.missing !== undefined && { at: memory.flannel.missing }),
      next: [`\`systemctl restart ${k3s.unit}\``],
      evidence: { tables: named },
    },
  ]
}
