import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { envelope } from '../agent/cli/commands/page.ts'
import { viewOf } from '../agent/cli/commands/view-of.ts'
import { jsonText } from '../agent/cli/json.ts'
import { collectors } from '../collectors/index.ts'
import { served } from './agent/cli/commands/served.ts'
import { typed } from './agent/cli/commands/typed.ts'
import { now, picture } from './agent/small.ts'

/** Whoever writes a program against the JSON has nothing but docs/status-json.md: it names every key that is printed. */
const text = readFileSync(join(import.meta.dirname, '../docs/status-json.md'), 'utf8')
const [ofStatus = '', ofPages = ''] = text.split('\n## Pages\n')
const lines = (part: string, begin: string) => part.split('\n').filter((it) => it.startsWith(begin))
/** The words in code spans. */
const words = (all: readonly string[]) =>
  new Set(
    all.flatMap((it) =>
      Array.from(it.matchAll(/`([^`]+)`/g), ([, code = '']) => code.match(/\w+/g) ?? []).flat(),
    ),
  )
const pageRows = lines(ofPages, '| ')
const finding = words(lines(ofStatus, '| finding: '))
const unseen = words(lines(ofPages, '| `unseen[]` '))
const pages = words(pageRows.filter((it) => !/^\| \w+: /.test(it)))
const status = words(lines(ofStatus, '| ').filter((it) => !it.startsWith('| finding: ')))

/** Their keys are names of the node: owners, chains, addresses, devices, or a rule's own. */
const named = new Set([
  ...['evidence', 'about', 'owners', 'policies', 'before', 'after'],
  ...['leaked', 'lacking', 'downs'],
])

/** Every key in it as a path, that is not among `known`; some objects have words of their own. */
function strange(it: unknown, known: ReadonlySet<string>, path = ''): string[] {
  if (Array.isArray(it)) return it.flatMap((one) => strange(one, known, path))
  if (typeof it !== 'object' || it === null) return []
  return Object.entries(it).flatMap(([key, value]) => {
    const at = `${path}.${key}`
    const found = known.has(key) ? [] : [at]
    return named.has(key) ? found : [...found, ...strange(value, inside(at, known), at)]
  })
}

const inside = (path: string, known: ReadonlySet<string>): ReadonlySet<string> =>
  /\.(cause|affected|pod)$|^\.findings$/.test(path) ? finding : path.endsWith('.unseen') ? unseen : known

const nodes = ['oom-kills', 'ufw-default-deny', 'cni0-deleted', 'healthy']

t.test('a key that is not named is found', (t) => {
  t.strictSame(strange({ node: 1, incidents: [{ cause: { told: 1, evidence: { any: 1 } } }] }, status), [
    '.incidents.cause.told',
  ])
  t.strictSame(strange({ due: 1, collectors: [{ unseen: [{ what: 1, trend: 1 }] }] }, status), [
    '.due',
    '.collectors.unseen.trend',
  ])
  t.end()
})

t.test('every key of status and check is named', async (t) => {
  const failing = { since: now, why: 'x', tries: 3, next: now }
  const silences = [{ id: 'all', what: 'all', since: now, until: now + 1, why: 'maintenance' }]
  const sinks = [...picture.sinks, { name: 'a', type: 'webhook', failing, waiting: 1, gone: 'gone' }]
  t.strictSame(strange(JSON.parse(jsonText({ ...picture, silences, sinks })), status), [], 'a picture')

  const { agent, stop, store } = await served(t)
  t.strictSame(strange(JSON.parse((await agent('status', '--json')).out), status), [], 'of the daemon')
  stop()
  store.saveSample('certs', { unseen: [] }, Date.now(), true)
  t.strictSame(strange(JSON.parse((await agent('status', '--json')).out), status), [], 'what it left')
  const { agent: alone } = typed(t)
  for (const node of nodes) {
    const json = JSON.parse(alone('check', '--json', '--node', join(import.meta.dirname, 'nodes', node)).out)
    t.strictSame(strange(json, status), [], node)
  }
  const nothing = JSON.parse(alone('status', '--json').out)
  t.strictSame(Object.keys(nothing), ['version', 'node', 'at', 'state', 'problem'], 'no daemon, no state')
  t.match(nothing, { node: 'test-node', at: /^\d{4}-\d\d-\d\dT.*Z$/ })
})

t.test('every key of the pages is named, those of its data in its own row', async (t) => {
  const { config } = typed(t)
  for (const collector of collectors) {
    const { page } = collector
    if (!page) continue
    const row = words(pageRows.filter((it) => it.startsWith(`| ${page.name}: `)))
    for (const node of nodes) {
      const view = await viewOf(collector, {
        ...{ config, node: join(import.meta.dirname, 'nodes', node), all: true },
      })
      const { data, ...frame } = JSON.parse(JSON.stringify(envelope(page, view)))
      t.strictSame([...strange(frame, pages), ...strange(data, row)], [], `${page.name} of ${node}`)
    }
  }
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(ofPages) ?? []
  const { data, ...frame } = JSON.parse(example)
  const memory = words(pageRows.filter((it) => it.startsWith('| memory: ')))
  t.strictSame([...strange(frame, pages), ...strange(data, memory)], [], 'the example')
})
