import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import t from 'tap'

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
const pureCore = [
  'agent/ledger.ts',
  'agent/cascade.ts',
  'agent/cascade/',
  'agent/due.ts',
  'agent/forecast.ts',
  'agent/silence.ts',
  'agent/self.ts',
  'agent/retry.ts',
  'agent/secrets.ts',
  'agent/secrets/',
]

/** For whom, what is allowed from within the project, and why nothing else. */
const directions: readonly (readonly [
  string,
  (path: string) => boolean,
  (path: string) => boolean,
  string,
])[] = [
  [
    'the vocabulary',
    under('agent/model.ts'),
    () => false,
    'it is what everyone shares; if it knew anyone, everyone would',
  ],
  [
    'collectors',
    (path) => path.startsWith('collectors/') && path !== 'collectors/index.ts',
    under('agent/model.ts', 'agent/forecast.ts', 'collectors/'),
    'they must run on a recorded node, in a test and in a year of time-lapse: so they know the vocabulary and how to extrapolate, and nothing of delivery, state or settings files',
  ],
  [
    'sinks',
    (path) => path.startsWith('agent/sinks/') && path !== 'agent/sinks/index.ts',
    under('agent/model.ts', 'agent/sinks/'),
    'a sink writes letters and reads replies; it must not be able to post or to remember',
  ],
  [
    'the pure core',
    under(...pureCore),
    under('agent/model.ts', 'agent/ledger.ts', 'agent/silence.ts', 'agent/cascade/', 'agent/secrets/'),
    'what is true, why, and who has to be told must be a matter of values only',
  ],
  [
    'the door to the machine',
    under('agent/host.ts', 'agent/host/', 'agent/recorded.ts', 'agent/record.ts'),
    under('agent/model.ts', 'agent/host', 'agent/recorded.ts', 'agent/secrets.ts'),
    'the machine knows nothing of what is made of its answers',
  ],
  [
    'the daemon',
    under('agent/daemon.ts'),
    (path) => !under('agent/commands/', 'agent/main.ts', 'agent/render/')(path),
    'it must live inside a test, without a command line or a terminal',
  ],
  [
    'main',
    under('agent/main.ts'),
    under('agent/commands/', 'agent/version.ts', 'agent/leave.ts'),
    'it turns words into a command, ends with its exit code, and nothing else',
  ],
  [
    'everything but the commands',
    (path) => path.startsWith('agent/') && !under('agent/commands/', 'agent/main.ts')(path),
    (path) => !under('agent/commands/', 'agent/main.ts')(path),
    'arrows point one way: commands know the agent, never the reverse',
  ],
]

t.test('imports point one way', async (t) => {
  for (const [who, applies, allowed, why] of directions) {
    const members = modules.filter(applies)
    for (const path of members)
      for (const { name } of importsOf(path))
        if (/^(agent|collectors)\//.test(name) && !allowed(name))
          t.fail(`${path} imports ${name}, but ${who} may not: ${why}`)
    t.pass(`${who}: ${members.length} files`)
  }
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

t.test("k3s's own ports are asked by one door", async (t) => {
  const door = 'collectors/node/k3s-ports.ts'
  for (const path of modules.filter((it) => it.startsWith('collectors/') && it !== door))
    if (/\bhost\s*\.(get|handshake)\(/.test(readFileSync(join(root, path), 'utf8')))
      t.fail(`${path} asks a port itself: any account can listen there; ${door} looks who does first`)
  t.pass('checked')
})

/** Each library has one door, so that it can be replaced, watched and reasoned about in one place. */
const doors: Readonly<Record<string, readonly [string, string]>> = {
  undici: [
    'agent/deliver',
    'only the postman speaks HTTP to the outside, so timeouts, redaction and retries stand once',
  ],
  pino: ['agent/log.ts', 'what must never be printed is said once'],
  'node-cron': ['agent/schedule.ts', 'time comes from one clock'],
  typebox: ['agent/config.ts', 'settings are declared as data; only their check needs a library'],
  yaml: [
    'agent/config',
    'only the settings are YAML; what comes from the node is not parsed by a library as root',
  ],
  commander: ['agent/main.ts', 'argv ends there'],
  'prom-client': ['agent/metrics.ts', 'metrics are one view of the snapshot'],
  'node:sqlite': [
    'agent/store/',
    'state has one owner; whoever reads it without a daemon reads it through the same checks',
  ],
  'node:child_process': [
    'agent/host/command.ts agent/systemd.ts',
    'every command of the node has a timeout, an abort and a limit; systemd-notify is the only other',
  ],
  'node:net': [
    'agent/host/ agent/deliver agent/dns.ts collectors/',
    'its address arithmetic is for all; beyond that nothing opens a connection that is not bounded',
  ],
  'node:tls': ['agent/host/tls.ts', 'only handshakes, bounded'],
  'node:dns': [
    'agent/host/dns.ts agent/dns.ts',
    'a question has a server, a timeout and an end; the other finds the sinks',
  ],
  'node:https': [
    'agent/host/get.ts',
    "only this node is asked, with a bound on everything; the outside is the postman's",
  ],
  'node:http': [
    'agent/serve agent/host/get.ts',
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
  const pure = under(...pureCore, 'agent/sinks/', 'agent/render/', 'collectors/')
  for (const path of modules.filter(pure)) {
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

t.test('every module has a test at its address', async (t) => {
  const tests = new Set(
    readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.test.ts'),
    ),
  )
  const withoutCode = under('agent/model.ts', 'agent/main.ts', 'collectors/index.ts', 'agent/sinks/index.ts')
  for (const path of modules.filter((it) => !withoutCode(it))) {
    const address = `${relative('', path).replace(/\.ts$/, '')}.test.ts`
    // A folder of small parts may be tested through the module it belongs to.
    const parent = `${dirname(relative('', path))}.test.ts`
    t.ok(
      tests.has(address) || tests.has(parent),
      `${path} is tested in test/${address}: who changes a module finds its test by its name`,
    )
  }
})

t.test('files stay short', async (t) => {
  const long = modules
    .map((path) => [path, readFileSync(join(root, path), 'utf8').split('\n').length] as const)
    .filter(([path, lines]) => lines > 300 && path !== 'agent/model.ts')
  t.strictSame(long, [], 'a file over 300 lines is two things; the vocabulary is mostly comments')
})
