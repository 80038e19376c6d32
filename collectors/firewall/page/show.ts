import { type PagePart, Refusal } from '../../../agent/model/index.ts'
import type { FirewallSample } from '../sample.ts'
import { chosen, keptRules } from './kept.ts'

/** `agent firewall show`: one snapshot as it was printed, for `iptables-restore`. Murphy itself never restores it. */
export const show: PagePart<FirewallSample, unknown> = {
  name: 'show',
  meaning: 'a kept rule set as `iptables-restore` takes it; Murphy itself never puts it back',
  words: [
    ['<SNAPSHOT>', 'the number of a kept rule set, or good: the last that was well'],
    ['--ipv6', 'those of ip6tables'],
    ['--legacy', 'those of the legacy backend'],
    ['--part <NAME>', 'another part of it, such as ipset'],
  ],
  async print(reach, [which = ''], options) {
    const it = chosen(await reach.artifacts(), which)
    const parts = await keptRules(reach, it)
    const wanted = options.part ?? `${options.ipv6 ? 'ipv6' : 'ipv4'} ${options.legacy ? 'legacy' : 'nft'}`
    const found = parts.find(({ part }) => part === wanted)
    if (!found)
      throw new Refusal(
        `${it.id} holds no ${wanted}; there is ${parts.map(({ part }) => part).join(', ')} (--ipv6, --legacy, --part NAME)`,
      )
    return `${found.lines.join('\n')}\n`
  },
}
