import type { Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { countIn, podTitled, shortEnough, textIn, titled } from '../../agent/text/titles.ts'

/** Titles of single findings, from their evidence; without it that of the rule. Pure and total. */

type Titles = Readonly<Record<string, (it: Observation) => string>>

/** "OOMKilled" is what kubectl says of a container; what has no pod was just killed. */
function killedTitle({ subject, pod }: Observation, kills: number, after: string): string {
  const times = kills > 1 ? ` ${kills}x` : ''
  if (pod) return podTitled(`OOMKilled${times}: `, pod, after)
  // "process mariadbd in /system.slice/mariadb.service"
  const what = subject.startsWith('pod ') ? 'OOMKilled' : 'OOM kill'
  return titled(`${what}${times}: `, subject.replace(/^process /, '').replace(/ in \/.*/s, ''), after)
}

/** A size or a duration as this collector writes it; empty for anything else. */
const ours = (text: string) => (/^\d[\d.]{0,6} [A-Za-z]{1,3}(?: \d{1,2} [a-z]{1,3})?$/.test(text) ? text : '')

export const titles = {
  killed(it) {
    const kills = countIn(it.evidence, 'kills') ?? 1
    const limit = ours(textIn(it.evidence, 'limit'))
    const byNode = countIn(it.evidence, 'because the node ran out') === kills
    return killedTitle(it, kills, byNode ? ' (node OOM)' : limit && ` (limit ${limit})`)
  },
  repeating(it) {
    const within = ours(textIn(it.evidence, 'within'))
    return killedTitle(it, countIn(it.evidence, 'times') ?? 3, within && ` in ${within}`)
  },
  storm({ evidence, severity }) {
    const what = severity === 'warning' ? 'OOM kill storm over' : 'OOM kill storm'
    const kills = countIn(evidence, 'kills')
    const within = ours(textIn(evidence, 'within'))
    return kills === undefined
      ? what
      : shortEnough(
          `${what}: ${many(kills, 'kill')}${within && ` in ${within}`}`,
          `${what}: ${many(kills, 'kill')}`,
        )
  },
  nearLimit({ evidence, pod, subject }) {
    const percent = countIn(evidence, 'percent')
    const named = (before: string, after = '') =>
      pod ? podTitled(before, pod, after) : titled(before, subject, after)
    if (percent === undefined) return named('memory nearly full: ')
    const whole = named('', ` at ${percent} % of its memory limit`)
    const isWhole = whole.endsWith(' % of its memory limit') && !whole.includes('…')
    return isWhole ? whole : named(`memory ${percent} % full: `)
  },
  nodeFilling({ evidence }) {
    const percent = countIn(evidence, 'percent')
    if (percent === undefined) return 'node memory low'
    return evidence?.['nothing left at'] === undefined
      ? `node memory low: ${percent} % left`
      : `node memory shrinking: ${percent} % left`
  },
  pressure({ evidence }) {
    const full = countIn(evidence, 'full')
    return full === undefined ? 'memory pressure (PSI)' : `memory pressure: ${full} % stalled (PSI)`
  },
  lost({ evidence }) {
    const lost = countIn(evidence, 'lost')
    return lost === undefined
      ? 'OOM kills not in the kernel log'
      : shortEnough(`${many(lost, 'OOM kill')} not in the kernel log`, 'OOM kills not in the kernel log')
  },
  beforeBoot: ({ evidence }) =>
    evidence?.panic === undefined ? 'previous boot ended out of memory' : 'previous boot: OOM kernel panic',
  system({ evidence }) {
    const kills = countIn(evidence, 'kills')
    return kills === undefined
      ? 'node ran out of memory (system OOM)'
      : shortEnough(
          `node ran out of memory: ${many(kills, 'OOM kill')}`,
          'node ran out of memory (system OOM)',
        )
  },
} satisfies Titles
