import { allRules } from '../agent/cli/commands/explain.ts'
import { longestTitle } from '../agent/text/titles.ts'
import { example, examples } from './words/examples.ts'
import { made } from './words/made.ts'
import { findingsOf, incidentOf, recorded } from './words/said.ts'

/**
 * `npm run words`: all that Murphy says, to be read from first to last as by somebody who was just woken. First every
 * title as a lock screen shows it, with `|` behind what is sure to be seen; then every text once.
 */
const say = (text = '') => process.stdout.write(`${text}\n`)

interface Said {
  readonly title: string
  readonly text?: string
  readonly impact: string
  readonly fix: readonly string[]
  readonly avoid?: readonly string[]
}

const rules = allRules()
const nodes = await recorded()
const single = [...examples.map(({ it }) => it), ...made]
const found = [...nodes.flatMap((it) => it.incidents), ...single.map((it) => incidentOf(it))].flatMap(
  findingsOf,
)
const byCode: ReadonlyMap<string, readonly Said[]> = new Map(
  Object.entries(rules).map(([code, rule]) => [code, [rule, ...found.filter((it) => it.code === code)]]),
)

const onScreen = (title: string) =>
  title.length > longestTitle
    ? `${title.slice(0, longestTitle)}|${title.slice(longestTitle)}  <- cut`
    : `${title.padEnd(longestTitle)}|`

say(`Titles at ${longestTitle} characters`)
for (const [code, all] of byCode) {
  say(`\n${code}`)
  for (const title of new Set(all.map((it) => it.title))) say(`  node1: ${onScreen(title)}`)
}

say('\n\nTexts')
for (const [code, all] of byCode) {
  const said = new Set<string>()
  const once = (label: string, text: string) => {
    if (said.has(text)) return
    said.add(text)
    say(`  ${label.padEnd(8)}${text}`)
  }
  say(`\n${code}`)
  for (const it of all) {
    if (it.text !== undefined && it.text !== example) once('what', it.text)
    once('impact', it.impact)
    for (const step of it.fix) once('fix', step)
    for (const one of it.avoid ?? []) once("don't", one)
  }
  const rule = rules[code]
  if (rule) once('means', rule.meaning)
  if (rule) once('by', rule.measured)
}
