import type { Deadline, Observation, Series } from '../../../agent/model/index.ts'
import { duration } from '../../../agent/text/durations.ts'
import { familyNames } from '../../../agent/text/families.ts'
import { day, week } from '../../../agent/text/times.ts'
import { forecast } from '../../node/forecast.ts'
import type { Code } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'

/**
 * A number of rules that brings a node down. k3s issue 3117: unresponsive at 7 MB of rules, about 60,000; kubernetes
 * issue 14870: 164,757; the legacy backend is in trouble from 100,000 on.
 */
export const tooManyRules = 50_000
/** Below this number of rules nothing is slow, and a forecast would be a guess. */
const worthForecasting = 1000
/** A forecast is reported if it ends within this time, ms. */
const soon = 30 * day
/** This many copies are no typing mistake. */
const manyCopies = 10

const totalOf = ({ sets }: FirewallSample) => sets.reduce((sum, it) => sum + it.rules, 0)

export function duplicates({ sets }: FirewallSample): Observation<Code>[] {
  return sets.flatMap(({ family, backend, copies, rules, stale, version }): Observation<Code>[] => {
    if (!copies || copies.extra < manyCopies || stale) return []
    const [table = '', chain = ''] = copies.chain.split(' ')
    const named = /^[\w.:+-]{1,40}$/.test(chain) ? chain : 'CHAIN'
    const command = `${family === 'ipv4' ? 'ip' : 'ip6'}tables${backend === 'legacy' ? '-legacy' : ''}`
    return [
      {
        code: 'firewall.duplicates',
        subject: `${family} ${backend}`,
        text: `${copies.extra} of ${rules} ${familyNames[family]} rules are copies of others${version ? ` (iptables ${version})` : ''}. Most: ${copies.times} times in ${table} ${chain}: \`${copies.text.replaceAll('`', "'")}\`.`,
        fix: [
          `See the copies: \`${command}-save | grep ^-A | sort | uniq -cd | sort -rn | head\``,
          `See whether this iptables is 1.8.0 to 1.8.4, which duplicates rules: \`${command} --version\``,
          'If so, install a newer iptables, or start k3s with --prefer-bundled-bin',
          `Then number the rules: \`${command} -t ${table} -L ${named} -n --line-numbers\``,
          `Delete all copies but one by NUMBER, the highest first: \`${command} -t ${table} -D ${named} NUMBER\``,
        ],
        evidence: { copies: copies.extra, rules },
      },
    ]
  })
}

function growth(sample: FirewallSample, now: number, series: Series | undefined) {
  const rules = totalOf(sample)
  if (rules < worthForecasting || !series) return undefined
  const points = [...series('rules', now - week), { at: now, value: rules }]
  return forecast(points, tooManyRules, now, { least: day / 4 })
}

export function growing(
  sample: FirewallSample,
  now: number,
  series: Series | undefined,
): Observation<Code>[] {
  const rules = totalOf(sample)
  const ahead = growth(sample, now, series)
  const full = rules >= tooManyRules
  if (!full && (ahead?.confidence !== 'likely' || ahead.at - now > soon)) return []
  const pace = ahead ? `, growing by ${Math.round(ahead.daily)} a day` : ''
  const until = full || !ahead ? '' : `: ${tooManyRules} in ${duration(ahead.at - now)} at this pace`
  return [
    {
      code: 'firewall.growing',
      subject: 'iptables',
      text: `There are ${rules} iptables rules${pace}${until}.`,
      evidence: { rules, ...(ahead && { daily: Math.round(ahead.daily) }) },
    },
  ]
}

/** Percent in use: from `almost` on the table is reported even without a forecast, from `full` on as critical. */
const almost = 80
const full = 95
/** Percent below which a rise is only a busy hour. */
const half = 50
const tight = day

export function conntrackFilling(
  { conntrack }: FirewallSample,
  now: number,
  series: Series | undefined,
): Observation<Code>[] {
  if (!conntrack || conntrack.percent < half) return []
  const { percent, most } = conntrack
  const ahead = conntrackAhead(conntrack, now, series)
  const filling = ahead?.confidence === 'likely' && ahead.at - now < tight
  if (percent < almost && !filling) return []
  return [
    {
      code: 'firewall.conntrack-filling',
      subject: 'conntrack',
      severity: percent >= full ? 'critical' : 'warning',
      text: `The conntrack table is ${percent} % full (${most} connections)${filling ? `: 100 % in ${duration(ahead.at - now)} at this pace` : ''}.`,
      fix: [
        'See which source has most (package conntrack): `conntrack -L 2>/dev/null | grep -oE "^[^=]* src=[^ ]+" | grep -o "src=.*" | sort | uniq -c | sort -rn | head`',
        `Make room until that is fixed: \`sysctl -w net.netfilter.nf_conntrack_max=${2 * most}\``,
      ],
      evidence: { percent, most },
    },
  ]
}

function conntrackAhead(conntrack: FirewallSample['conntrack'], now: number, series: Series | undefined) {
  if (!conntrack || conntrack.percent < half || !series) return undefined
  return forecast([...series('conntrack', now - day), { at: now, value: conntrack.percent }], 100, now)
}

export function deadlines(sample: FirewallSample, now: number, series: Series | undefined): Deadline[] {
  const rules = growth(sample, now, series)
  const connections = conntrackAhead(sample.conntrack, now, series)
  return [
    ...(rules
      ? [{ what: `${tooManyRules} iptables rules`, at: rules.at, confidence: rules.confidence }]
      : []),
    ...(connections
      ? [{ what: 'conntrack table full', at: connections.at, confidence: connections.confidence }]
      : []),
  ]
}
