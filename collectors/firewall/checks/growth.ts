import type { Deadline, Observation, Series } from '../../../agent/model/index.ts'
import { familyNames } from '../../../agent/text/families.ts'
import { day, hour, week } from '../../../agent/text/times.ts'
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
const inDays = (ms: number) => (ms < 2 * day ? `${Math.round(ms / hour)} h` : `${Math.round(ms / day)} d`)

export function duplicates({ sets }: FirewallSample): Observation<Code>[] {
  return sets.flatMap(({ family, backend, copies, rules, stale, version }): Observation<Code>[] => {
    if (!copies || copies.extra < manyCopies || stale) return []
    const [table = '', chain = ''] = copies.chain.split(' ')
    const command = `${family === 'ipv4' ? 'ip' : 'ip6'}tables${backend === 'legacy' ? '-legacy' : ''}`
    return [
      {
        code: 'firewall.duplicates',
        subject: `${family} ${backend}`,
        text: `${copies.extra} of ${rules} ${familyNames[family]} rules are copies of others. Most: ${copies.times} of one rule in ${table} ${chain}: \`${copies.text.replaceAll('`', "'")}\`..${version ? ` iptables is ${version}.` : ''}`,
        fix: [
          `See them: \`${command}-save | grep ^-A | sort | uniq -cd | sort -rn | head\``,
          `If iptables is 1.8.0 to 1.8.4 (\`${command} --version\`), bring a newer one, or start k3s with \`--prefer-bundled-bin\`; then the copies stop coming`,
          `Take copies away one at a time, and never the last: \`${command} -t ${table} -L ${/^[\w.:+-]{1,40}$/.test(chain) ? chain : 'CHAIN'} -n --line-numbers\` gives the numbers, \`${command} -t ${table} -D CHAIN NUMBER\` deletes one`,
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
  const until =
    full || !ahead ? '' : `: in ${inDays(ahead.at - now)} there are ${tooManyRules} if it goes on like that`
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
      text: `The kernel follows ${percent} % of the ${most} connections it has room for${filling ? `; full in ${inDays(ahead.at - now)} if it goes on like that` : ''}.`,
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
      ? [{ what: 'connection table full', at: connections.at, confidence: connections.confidence }]
      : []),
  ]
}
