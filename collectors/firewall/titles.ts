import type { Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { countIn, podTitled, shortEnough, textIn, titled } from '../../agent/text/titles.ts'

/** Titles of single findings, from their evidence; without it that of the rule. Pure and total. */

type Titles = Readonly<Record<string, (it: Observation) => string>>

const toolOf = ({ subject, evidence }: Observation) =>
  `${textIn(evidence, 'family') || subject}`.startsWith('ipv6') ? 'ip6tables' : 'iptables'

/** "80, 443/udp": the ports in such a list, each once, whatever their family. */
const portsIn = (list: string): readonly string[] => [
  ...new Set(
    list.split(', ').flatMap((it) => /^\d{1,5}(?:\/[a-z]{1,4})?(?= over IPv6$|$)/.exec(it)?.[0] ?? []),
  ),
]

/** How many parts kube-proxy's nat rules have: with fewer missing they are there, but incomplete. */
const allParts = 5

export const titles = {
  flushed({ evidence }) {
    const [before, least] = [countIn(evidence, 'before'), countIn(evidence, 'least')]
    if (before === undefined || least === undefined) return 'firewall flushed'
    return shortEnough(
      `firewall flushed: ${before - least} of ${before} rules lost`,
      `firewall flushed: ${before - least}/${before} rules lost`,
      'firewall flushed',
    )
  },
  kubeChains(it) {
    const missing = textIn(it.evidence, 'missing').split(', ').length
    return `kube-proxy ${toolOf(it)} rules ${missing < allParts && it.evidence?.missing ? 'incomplete' : 'missing'}`
  },
  hostPorts({ evidence, pod }) {
    const ports = portsIn(textIn(evidence, 'port'))
    const more = ports.length > 2 ? ' …' : ''
    const said =
      ports.length === 0
        ? 'host port'
        : `${ports.length === 1 ? 'host port' : 'ports'} ${ports.slice(0, 2).join(', ')}${more}`
    return pod ? podTitled(`${said} dead: `, pod) : `${said} dead`
  },
  lockout({ evidence }) {
    const ports = portsIn(textIn(evidence, 'port'))
    const named =
      ports.length === 0 || ports.length > 3
        ? 'all ports'
        : `port${ports.length === 1 ? '' : 's'} ${ports.join(', ')}`
    const six = textIn(evidence, 'family') === 'ipv6' ? ' (IPv6)' : ''
    return shortEnough(
      `SSH locked out: ${named} dropped${six}`,
      `SSH locked out: ${named} dropped`,
      'SSH locked out',
    )
  },
  lockoutRisk: (it) => `${toolOf(it)} -F would lock out SSH`,
  blocks({ evidence }) {
    const by = textIn(evidence, 'by')
    const who = /^(?:ufw|firewalld)$/.test(by) ? by : by === 'docker' ? 'Docker' : 'firewall'
    const ports = textIn(evidence, 'blocked')
      .split(', ')
      .flatMap((it) => {
        const [, need = '', port] = /^(\S{1,20}) (\d{1,5})\b/.exec(it) ?? []
        if (port === undefined) return []
        return [
          /^pods-(?:in|out|local)$/.test(need)
            ? 'pods'
            : `${port}${need.startsWith('overlay') ? '/udp' : ''}`,
        ]
      })
    const all = [...new Set(ports)]
    const several = (most: number) =>
      all.length <= most ? [] : [`${who} blocks k3s: ${all.slice(0, most).join(', ')} …`]
    return all.length === 0
      ? `${who} blocks k3s`
      : shortEnough(`${who} blocks k3s: ${all.join(', ')}`, ...several(3), ...several(2), `${who} blocks k3s`)
  },
  ufwDrift({ evidence }) {
    if (evidence?.state === 'loaded') return 'ufw off, but its rules still loaded'
    if (evidence?.state === 'bypassed') return 'ufw on, but its rules bypassed'
    return 'ufw files and kernel rules differ'
  },
  changed({ evidence }) {
    const times = countIn(evidence, 'times') ?? 1
    const name = textIn(evidence, 'process')
    if (times > 1) return `firewall changed ${times} times`
    return name ? titled('firewall changed by ', name) : 'firewall rules changed'
  },
  duplicates: (it) => `${countIn(it.evidence, 'copies') ?? 'many'} duplicate ${toolOf(it)} rules`,
  growing({ evidence }) {
    const [rules, daily] = [countIn(evidence, 'rules'), countIn(evidence, 'daily')]
    if (rules === undefined) return 'iptables rules growing without end'
    return daily === undefined
      ? `too many iptables rules: ${rules}`
      : `${many(rules, 'iptables rule')}, +${daily} a day`
  },
  twoBackends: (it) => `${toolOf(it)} rules in both nft and legacy`,
  buggyIptables({ evidence }) {
    const [version] = /\d{1,3}\.\d{1,3}\.\d{1,3}/.exec(textIn(evidence, 'version')) ?? []
    return version ? `iptables ${version} bug: duplicate rules` : 'iptables bug: duplicate rules'
  },
  conntrack({ evidence }) {
    const percent = countIn(evidence, 'percent')
    return percent === undefined ? 'conntrack table filling up' : `conntrack table ${percent} % full`
  },
} satisfies Titles
