import { type PagePart, Refusal } from '../../../agent/model/index.ts'
import type { FirewallSample } from '../sample.ts'
import { chosen, keptRules } from './kept.ts'

/** `agent firewall show`: one snapshot as it was printed, for `iptables-restore`. Murphy itself never restores it. */
export const show: PagePart<FirewallSample, unknown> = {
  name: 'show',
  meaning: 'print a kept rule set, as input for iptables-restore; Murphy never restores it itself',
  words: [
    ['<SNAPSHOT>', 'number of a kept rule set, or "good": the last good one'],
    ['--ipv6', 'the rules of ip6tables'],
    ['--legacy', 'the rules of the legacy backend'],
    ['--part <NAME>', 'another part, such as ipset'],
  ],
  async print(reach, [which = ''], options) {
    const it = chosen(await reach.artifacts(), which)
    const parts = await keptRules(reach, it)
    const wanted = options.part ?? `${options.ipv6 ? 'ipv6' : 'ipv4'} ${options.legacy ? 'legacy' : 'nft'}`
    const found = parts.find(({ part }) => part === wanted)
    if (!found)
      throw new Refusal(
        `rule set ${it.id} has no part ${wanted}; valid: ${parts.map(({ part }) => part).join(', ')} (--ipv6, --legacy, --part NAME)`,
      )
    return `${found.lines.join('\n')}\n`
  },
}
