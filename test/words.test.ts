import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { allRules } from '../agent/cli/commands/explain.ts'
import { advice } from '../agent/core/cascade/advice.ts'
import { sinks } from '../agent/delivery/sinks/index.ts'
import type { Incident, Observation } from '../agent/model/index.ts'
import { longestTitle } from '../agent/text/titles.ts'
import { finding } from './agent/findings.ts'
import { workingSettings } from './receivers/settings.ts'
import {
  bannedIn,
  contradictions,
  cutCommands,
  findingFaults,
  keyWithin,
  placeFaults,
  ruleFaults,
  textFaults,
  titleFaults,
} from './words/checks.ts'
import { example, examples, unwritten } from './words/examples.ts'
import { made } from './words/made.ts'
import { findingsOf, incidentOf, recorded } from './words/said.ts'
import { sourceTexts, writtenLines } from './words/texts.ts'

/** How Murphy speaks: short enough for a lock screen, in the field's words, each step able to be pasted. */
const rules = allRules()
const area = (code: string) => code.split('.')[0] ?? ''
const isWritten = ({ code }: { readonly code: string }) =>
  code.endsWith('.blind') || !unwritten.has(area(code))
const nodes = await recorded()

t.test('every rule', async (t) => {
  for (const [code, it] of Object.entries(rules).filter(([code]) => isWritten({ code })))
    t.strictSame(ruleFaults(code, it), [], code)
})

t.test('every finding of the recorded nodes', async (t) => {
  for (const { node, incidents } of nodes)
    for (const it of incidents.flatMap(findingsOf).filter(isWritten))
      t.strictSame(findingFaults(it), [], `${node}: ${it.code} ${it.subject}`)
  for (const { node, incidents } of nodes)
    for (const { why, cause } of incidents)
      t.strictSame(textFaults(why?.text ?? '', cause.code), [], `${node}: the cause of ${cause.code}`)
})

t.test('findings with the longest real names: the fact is seen at once', async (t) => {
  for (const { it, key } of examples.filter((one) => isWritten(one.it))) {
    const { cause } = incidentOf(it)
    t.strictSame(findingFaults(cause), [], `${it.code} ${it.subject}`)
    t.ok(
      cause.title.slice(0, keyWithin).includes(key),
      `${it.code}: "${key}" in "${cause.title.slice(0, keyWithin)}"`,
    )
  }
  for (const [code, { titleFor }] of Object.entries(rules).filter(([code]) => isWritten({ code })))
    t.ok(!titleFor || examples.some(({ it }) => it.code === code), `${code} has an example of its titles`)
})

t.test('what Murphy itself makes of states that no recorded node is in', async (t) => {
  for (const it of made.filter(isWritten)) {
    const { cause } = incidentOf(it)
    t.strictSame(findingFaults(cause), [], `${it.code} ${it.subject}: ${it.text}`)
  }
  const said = new Set(
    [
      ...made,
      ...nodes.flatMap(({ incidents }) => incidents.flatMap(findingsOf)),
      ...examples.map(({ it }) => it),
    ]
      .filter(({ text }) => text !== example)
      .map(({ code }) => code),
  )
  t.strictSame(
    Object.keys(rules).filter((code) => !said.has(code)),
    [],
    'of each rule at least one text is held to all of this',
  )
})

t.test("every command's help, the installer's, every page, and every sentence in the sources", async (t) => {
  const root = join(import.meta.dirname, '..')
  const help = (program: string, ...argv: readonly string[]) => {
    const { stdout } = spawnSync(program, argv, { cwd: root, encoding: 'utf8' })
    t.ok(stdout.length > 500, argv.join(' '))
    return stdout.split('\n').map((text) => ({ at: argv.join(' '), text }))
  }
  const [written, sources] = [writtenLines(), sourceTexts()]
  t.ok(written.length > 5_000 && sources.length > 3_000, `${written.length} lines, ${sources.length} texts`)
  t.strictSame(
    [
      ...help(process.execPath, 'agent/main.ts', 'man'),
      ...help('sh', 'install.sh', '--help'),
      ...written,
      ...sources,
    ].flatMap(({ at, text }) => bannedIn(text).map((it) => `${at}: ${it}`)),
    [],
  )
})

const hostile = ['x'.repeat(9_000), '\u202e\u0000`rm`\n# [a](b)', '😀'.repeat(300), '', 'NaN']

t.test('a title is made of anything', async (t) => {
  for (const [code, { titleFor }] of Object.entries(rules))
    for (const it of titleFor ? hostile : []) {
      const seen: Observation = { code, subject: it, text: it }
      const known = examples.find((one) => one.it.code === code)?.it.evidence ?? {}
      const evidence = Object.fromEntries(Object.keys(known).map((key) => [key, it]))
      for (const one of [
        seen,
        { ...seen, evidence, pod: { namespace: it, name: it } },
        { ...seen, evidence: {} },
      ]) {
        const title = titleFor?.(one) ?? ''
        t.ok(title.length <= longestTitle, `${code}: ${title.length} characters`)
        t.notMatch(title, /[\n`\u0000\u202e]|undefined|NaN(?!…?$|\b)|null|\[object/, `${code}: ${title}`)
      }
    }
})

t.test('no message forbids what it asks for, whatever caused what', async (t) => {
  for (const [code, rule] of Object.entries(rules))
    for (const { code: from } of rule.because ?? []) {
      const [cause, effect] = [from, code].map((it) => finding({ ...(rules[it] ?? rule), code: it }))
      if (cause && effect && isWritten(cause) && isWritten(effect))
        t.strictSame(contradictions(advice(cause, [effect], rules)), [], `${from} and ${code}`)
    }
  for (const { node, incidents } of nodes)
    for (const it of incidents.filter((one) => findingsOf(one).every(isWritten)))
      t.strictSame(contradictions(it), [], `${node}: ${it.id}`)
})

/** All texts that a service gets of an incident. */
function sent(
  sink: (typeof sinks)[number],
  incident: Incident,
  kind: 'opened' | 'resolved',
): readonly string[] {
  const it = { kind, id: 'i', node: 'node1', at: incident.since + 60_000, incident }
  return sink
    .compose(it, workingSettings(sink))
    .flatMap(({ body }) => textsIn(JSON.parse(body)))
    .map(shown)
}
/** HTML as it is read. */
const shown = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : []

t.test('no step is cut in any sink, and none is left in what is over', async (t) => {
  const single = [...examples.map(({ it }) => it), ...made]
  const all = [...nodes.flatMap((it) => it.incidents), ...single.map((it) => incidentOf(it))]
  for (const incident of all.filter((it) => findingsOf(it).every(isWritten)))
    for (const sink of sinks) {
      const commands = incident.fix.flatMap((it) =>
        Array.from(it.matchAll(/`([^`]+)`/g), ([, one = '']) => one),
      )
      const texts = sent(sink, incident, 'opened')
      t.strictSame(cutCommands(texts.join('\n'), commands), [], `${sink.name}: ${incident.id}`)
      // A webhook is read by programs, which are told all that was known.
      if (sink.name === 'webhook') continue
      const over = sent(sink, { ...incident, resolved: incident.since + 30_000 }, 'resolved').join('\n')
      t.ok(!over.includes(incident.cause.impact), `${sink.name}: ${incident.id}: what is over has no impact`)
      // What was reported is quoted, and may name what said it.
      for (const it of commands.filter((one) => !findingsOf(incident).some(({ text }) => text.includes(one))))
        t.ok(!over.includes(it), `${sink.name}: ${incident.id}: nothing is left to do: ${it}`)
    }
})

t.test('the checks themselves', async (t) => {
  t.ok(titleFaults('the node was killed for want of memory').length > 0)
  t.ok(titleFaults('x'.repeat(longestTitle + 1)).length > 0)
  t.ok(ruleFaults('a.b', { ...rule, avoid: ['Reboot before SSH is sure to come back.'] }).length > 0)
  t.ok(ruleFaults('a.b', { ...rule, avoid: ["Don't run `ls`: it fixes nothing."], fix: ['`ls`'] }).length > 0)
  t.ok(ruleFaults('a.b', { ...rule, fix: ['`ls` and then `df`'] }).length > 0)
  t.ok(ruleFaults('certs.b', { ...rule, impact: 'It runs out.' }).length > 0)
  t.ok(ruleFaults('a.b', { ...rule, fix: ['See it: `kubectl get nodes`'] }).length > 0)
  t.strictSame(
    placeFaults(['See it (on a server): `kubectl get nodes`', 'On a server, see: `kubectl get nodes`']),
    [],
  )
  t.ok(ruleFaults('a.b', { ...rule, fix: ['Allow the others: `ufw allow from NODE`'] }).length > 0)
  t.strictSame(
    ruleFaults('a.b', { ...rule, fix: ['Allow each NODE by its address: `ufw allow from NODE`'] }),
    [],
  )
  t.strictSame(ruleFaults('a.b', rule), [])
  t.strictSame(
    cutCommands('1. kubectl -n kube-system delet…', ['kubectl -n kube-system delete pod ingress']).length,
    1,
  )
  t.strictSame(
    cutCommands('1. kubectl -n kube-system delete pod a', ['kubectl -n kube-system delete pod a']),
    [],
  )
})

const rule = {
  severity: 'warning',
  title: 'disk 96 % full',
  meaning: 'A file system is nearly full.',
  measured: '`statfs`.',
  impact: 'Nothing can be written.',
  fix: ['Find what fills it: `du -xh /var | sort -h | tail`'],
  avoid: ["Don't delete /var/lib/rancher: it holds the cluster's only data."],
} as const
