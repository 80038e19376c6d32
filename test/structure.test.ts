import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'
import { askingHistory, castsThroughUnknown, importCircles, longFunctions, sourcesOf } from './walls.ts'

/** The architecture as a test: each rule says why it is there. */
const root = join(import.meta.dirname, '..')

const modules = ['agent', 'collectors'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
)

/** What a module imports: `type` imports too, since they tie just as much. */
function importsOf(path: string): { name: string; typeOnly: boolean }[] {
  const text = readFileSync(join(root, path), 'utf8')
  const found = [
    ...text.matchAll(
      /(?:^|\n)(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)|\nimport\s+'([^']+)'|getBuiltinModule\('([^']+)'\)/g,
    ),
  ]
  return found.map(([, typeOnly, ...names]) => {
    const name = names.find((it) => it !== undefined) ?? ''
    return {
      name: name.startsWith('.') ? normalize(join(dirname(path), name)) : name,
      typeOnly: typeOnly !== undefined,
    }
  })
}
const under =
  (...folders: readonly string[]) =>
  (path: string) =>
    folders.some((it) => path === it || path.startsWith(it))

/** What is decided by values alone. */
const pure = [
  'agent/text/',
  'agent/core/',
  'agent/host/redaction',
  'agent/delivery/retry.ts',
  'agent/delivery/sinks/',
]

const shared = ['agent/model/', 'agent/text/'] as const

/** For whom, what is allowed from within the project besides itself, the vocabulary and the words, and why nothing else. */
const directions: readonly (readonly [string, (path: string) => boolean, readonly string[], string])[] = [
  [
    'the vocabulary',
    under('agent/model/'),
    [],
    'it is what everyone shares; if it knew anyone, everyone would',
  ],
  ['the words', under('agent/text/'), [], "how a time or a name is written is nobody else's business"],
  [
    'collectors',
    under('collectors/'),
    ['agent/core/forecast.ts'],
    'they must run on a recorded node, in a test and in a year of time-lapse: so they know the vocabulary and how to extrapolate, and nothing of delivery, state or settings files',
  ],
  [
    'sinks',
    under('agent/delivery/sinks/'),
    [],
    'a sink writes letters and reads replies; it must not be able to post or to remember',
  ],
  [
    'the core',
    under('agent/core/'),
    [],
    'what is true, why, and who has to be told must be a matter of values only',
  ],
  [
    'the door to the machine',
    under('agent/host/'),
    [],
    'the machine knows nothing of what is made of its answers',
  ],
  [
    'the state',
    under('agent/state/'),
    ['agent/core/'],
    'what is remembered is known by its shape; how it is shown, sent or configured changes without it',
  ],
  [
    'delivery',
    under('agent/delivery/'),
    ['agent/core/'],
    'the postman is told what is due and says what became of it; it neither judges nor remembers',
  ],
  ['the settings', under('agent/config/'), [], 'they are read once, before anything else is there'],
  [
    'the socket',
    under('agent/api/'),
    ['agent/core/'],
    'it shows what it is given; who remembers hands it over, so that the socket can be tried without a disk',
  ],
  [
    'the daemon',
    under('agent/daemon/'),
    [
      'agent/core/',
      'agent/host/',
      'agent/state/',
      'agent/delivery/',
      'agent/config/',
      'agent/api/',
      'collectors/index.ts',
    ],
    'it wires the rooms and must live inside a test, without a command line or a terminal; of collectors it knows their list',
  ],
  [
    'the pages',
    (path) => path.startsWith('agent/cli/render/'),
    ['agent/api/snapshot.ts'],
    'they show what they are handed; a page that asks could not be shown of a recorded node',
  ],
  [
    'the command that starts the daemon',
    under('agent/cli/commands/run.ts'),
    ['agent/', 'collectors/index.ts'],
    'it is the only one that puts all rooms together',
  ],
  [
    'the other commands',
    (path) => path.startsWith('agent/cli/') && path !== 'agent/cli/commands/run.ts',
    [
      'agent/core/',
      'agent/host/',
      'agent/state/',
      'agent/delivery/',
      'agent/config/',
      'agent/api/',
      'collectors/index.ts',
    ],
    'they ask the daemon over its socket, and are there when it is not: one that loads it would be as slow, and as broken, as what it asks about',
  ],
  [
    'main',
    under('agent/main.ts'),
    ['agent/cli/'],
    'it turns words into a command, ends with its exit code, and nothing else',
  ],
  [
    'everything but main',
    (path) => path.startsWith('agent/') && path !== 'agent/main.ts',
    ['agent/', 'collectors/'],
    'arrows point one way: main knows the commands, never the reverse',
  ],
]

t.test('imports point one way', async (t) => {
  for (const [who, applies, allowed, why] of directions) {
    const members = modules.filter(applies)
    const known = under(...shared, ...allowed)
    for (const path of members)
      for (const { name } of importsOf(path))
        if (/^(agent|collectors)\//.test(name) && !known(name) && !applies(name))
          t.fail(`${path} imports ${name}, but ${who} may not: ${why}`)
    t.ok(members.length > 0, `${who}: ${members.length} files`)
  }
})

t.test('nothing in agent/ knows a collector', async (t) => {
  const may = under('agent/cli/', 'agent/daemon/', 'agent/config/')
  for (const path of modules.filter(under('agent/')))
    for (const { name } of importsOf(path).filter((it) => it.name.startsWith('collectors/')))
      if (name !== 'collectors/index.ts' || !may(path))
        t.fail(
          `${path} imports ${name}: only cli, daemon and config know that there are collectors, and only by their list; what is one collector's own, its page too, it brings along`,
        )
  for (const name of readdirSync(join(root, 'collectors')).filter((it) => !/^(node|index\.ts)$/.test(it)))
    for (const path of modules.filter(under('agent/main.ts', 'agent/cli/commands/')))
      if (readFileSync(join(root, path), 'utf8').includes(`'${name}'`))
        t.fail(
          `${path} says '${name}': a command that knows one collector by name is that collector's page, and stands with it`,
        )
  t.pass('checked')
})

t.test('collectors do not know each other', async (t) => {
  const own = (path: string) => path.split('/')[1]?.replace(/\.ts$/, '') ?? ''
  for (const path of modules.filter((it) => it.startsWith('collectors/') && it !== 'collectors/index.ts'))
    for (const { name } of importsOf(path)) {
      if (!name.startsWith('collectors/') || own(name) === 'node') continue
      if (own(path) !== own(name))
        t.fail(
          `${path} imports ${name}: one broken collector must not stop another; what both need stands in collectors/node/`,
        )
    }
  t.pass('checked')
})

/** Each library has one door, so that it can be replaced, watched and reasoned about in one place. */
const doors: Readonly<Record<string, readonly [string, string]>> = {
  undici: [
    'agent/delivery',
    'only the postman speaks HTTP to the outside, so timeouts, redaction and retries stand once',
  ],
  pino: ['agent/daemon/log.ts', 'what must never be printed is said once'],
  'node-cron': [
    'agent/daemon/schedule.ts agent/config/cron.ts',
    'time comes from one clock; the settings ask whether it understands what people wrote',
  ],
  typebox: ['agent/config/checks.ts', 'settings are declared as data; only their check needs a library'],
  yaml: [
    'agent/config',
    'only the settings are YAML; what comes from the node is not parsed by a library as root',
  ],
  commander: ['agent/main.ts', 'argv ends there'],
  'prom-client': ['agent/api/metrics.ts', 'metrics are one view of the snapshot'],
  'node:sqlite': [
    'agent/state/',
    'state has one owner; whoever reads it without a daemon reads it through the same checks',
  ],
  'node:child_process': [
    'agent/host/command.ts agent/daemon/systemd.ts',
    'every command of the node has a timeout, an abort and a limit; systemd-notify is the only other',
  ],
  'node:net': [
    'agent/host/ agent/delivery/ collectors/',
    'its address arithmetic is for all; beyond that nothing opens a connection that is not bounded',
  ],
  'node:tls': ['agent/host/tls.ts', 'only handshakes, bounded'],
  'node:dns': [
    'agent/host/dns.ts agent/delivery/addresses.ts',
    'a question has a server, a timeout and an end; the other finds the sinks',
  ],
  'node:https': [
    'agent/host/get.ts',
    "only this node is asked, with a bound on everything; the outside is the postman's",
  ],
  'node:http': [
    'agent/api/ agent/host/get.ts',
    "the socket, both ends of it; and what this node's own services say on loopback",
  ],
}

t.test('each library has one door', async (t) => {
  for (const path of modules)
    for (const { name, typeOnly } of importsOf(path)) {
      const library = Object.keys(doors).find((it) => name === it || name.startsWith(`${it}/`))
      const [door, why] = (library && doors[library]) ?? []
      if (door && !typeOnly && !door.split(' ').some((it) => path.startsWith(it)))
        t.fail(`${path} imports ${name}, whose door is ${door}: ${why}`)
      if (!library && /^[a-z@]/.test(name) && !/^(node:|agent\/|collectors\/)/.test(name))
        t.fail(
          `${path} imports ${name}, which has no door; name one here, with the reason, and in ARCHITECTURE.md`,
        )
    }
  t.pass('checked')
})

t.test('collectors and pure files touch no machine and no clock', async (t) => {
  const values = under(...pure, 'agent/model/', 'agent/cli/render/', 'collectors/')
  for (const path of modules.filter(values)) {
    const text = readFileSync(join(root, path), 'utf8')
    for (const { name } of importsOf(path))
      if (
        /^node:(fs|net|tls|http|https|dns|os|child_process|dgram|worker_threads|timers)/.test(name) &&
        !(path.startsWith('collectors/') && name === 'node:net')
      )
        t.fail(`${path} imports ${name}: all asking goes through Host, so that a recorded node can answer`)
    if (/\bDate\.now\(\)|new Date\(\)|Math\.random\(\)|process\.env|setTimeout\(/.test(text))
      t.fail(
        `${path} reads a clock, chance or the environment: these come in as arguments, so that every case can be tested`,
      )
  }
  t.pass('checked')
})

/** Which files have no test of their own, and why they need none. Whoever adds a line here could not write a test. */
const untested: readonly (readonly [which: (path: string) => boolean, why: string])[] = [
  [isTypesOnly, 'types alone: nothing of it is there when it runs, and the compiler holds it'],
  [
    (path) => path === 'collectors/index.ts' || path === 'agent/model/index.ts',
    'a list of what others say: test/contract.test.ts goes through all of it',
  ],
  [
    (path) => /^collectors\/\w+\/rules(-\w+)?\.ts$/.test(path),
    'texts as data: test/contract.test.ts holds each rule against the same promises, docs/findings.md is made of them',
  ],
  [
    (path) => path === 'agent/cli/commands/latest.ts',
    'it goes as soon as each page asks for its own sample; the tests of the pages meet it meanwhile',
  ],
]

/** Whether nothing is left of a file once its types are taken out. */
function isTypesOnly(path: string): boolean {
  const text = stripTypeScriptTypes(readFileSync(join(root, path), 'utf8'))
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').trim() === ''
}

t.test('every module has a test at its address', async (t) => {
  const tests = new Set(
    readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.test.ts'),
    ),
  )
  const without = modules.filter((path) => !tests.has(path.replace(/\.ts$/, '.test.ts')))
  for (const path of without.filter((it) => !untested.some(([which]) => which(it))))
    t.fail(
      `${path} has no test at test/${path.replace(/\.ts$/, '.test.ts')}: who changes a module finds its test by its name, and what only the test of something larger meets is not known to fail`,
    )
  for (const [which, why] of untested)
    t.ok(without.some(which), `somebody needs this excuse, or it goes: ${why}`)
})

t.test('files stay short', async (t) => {
  const long = modules
    .map((path) => [path, readFileSync(join(root, path), 'utf8').split('\n').length] as const)
    .filter(([, lines]) => lines > 300)
  t.strictSame(long, [], 'a file over 300 lines is two things')
})

t.test('functions stay short', async (t) => {
  // Biome's parser knows where a function ends. How long one may be, and which may be longer, stands in biome.json.
  const { overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')) as {
    overrides: { includes: string[] }[]
  }
  const longer = overrides.flatMap((it) => it.includes)
  const ran = spawnSync(
    join(root, 'node_modules/.bin/biome'),
    ['lint', '--only=complexity/noExcessiveLinesPerFunction', '--reporter=json', 'agent', 'collectors'],
    { cwd: root, encoding: 'utf8' },
  )
  const { summary, diagnostics } = JSON.parse(ran.stdout) as {
    summary: { unchanged: number }
    diagnostics: { location: { path: string; start: { line: number } }; message: string }[]
  }
  t.ok(summary.unchanged >= modules.length, `${summary.unchanged} files`)
  t.strictSame(
    diagnostics
      .filter(({ location }) => !longer.includes(location.path))
      .map(({ location, message }) => `${location.path}:${location.start.line}: ${message}`),
    [],
    'a function of more than 80 lines is several, and none of them can be tried alone',
  )
})

t.test('SQL stands in state/ alone', async (t) => {
  const sql =
    /\b(SELECT\s[\s\S]{1,200}?\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|DELETE\s+FROM\s|UPDATE\s+\w+\s+SET\s|(CREATE|ALTER|DROP)\s+(TABLE|INDEX)\s|PRAGMA\s)/
  for (const path of modules) {
    const inState = path.startsWith('agent/state/')
    const speaks =
      sql.test(readFileSync(join(root, path), 'utf8')) ||
      importsOf(path).some(({ name }) => name === 'node:sqlite')
    if (speaks && !inState)
      t.fail(
        `${path} speaks SQL: what is on the disk has one owner, who checks every row it reads, and whose tables nobody else knows`,
      )
  }
  t.ok(
    sql.test(readFileSync(join(root, 'agent/state/put.ts'), 'utf8')),
    'a statement is seen where there is one',
  )
})

t.test('no import circles', async (t) => {
  for (const sentence of importCircles(root)) t.fail(sentence)
  t.pass('checked')
})

/** Files and folders whose functions may still be longer: to be emptied, never to grow. */
const longYet = ['agent/']

t.test('functions stay short', async (t) => {
  for (const sentence of longFunctions(root, longYet)) t.fail(sentence)
  t.pass('checked')
})

t.test('what remembers cannot ask', async (t) => {
  for (const sentence of askingHistory(root)) t.fail(sentence)
  t.ok(sourcesOf(root).some((it) => it.includes('/history/')))
})

t.test('no type is claimed that nothing bears out', async (t) => {
  for (const sentence of castsThroughUnknown(root)) t.fail(sentence)
  t.pass('checked')
})
