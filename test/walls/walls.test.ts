import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { excuses } from './addresses.ts'
import { rooms } from './directions.ts'
import { doors } from './doors.ts'
import { walls } from './index.ts'

/** Each wall broken on purpose, in a copy of the house; and what only looks like it. */
const here = join(import.meta.dirname, '../..')
const root = join(t.testdir(), 'copy')
for (const folder of ['agent', 'collectors'])
  cpSync(join(here, folder), join(root, folder), { recursive: true })
// That there is a test at an address is all that a wall asks of it.
for (const name of readdirSync(join(here, 'test'), { recursive: true, encoding: 'utf8' }))
  if (/^(agent|collectors)\/.*\.test\.ts$/.test(name)) {
    mkdirSync(dirname(join(root, 'test', name)), { recursive: true })
    writeFileSync(join(root, 'test', name), '')
  }

type Name = keyof typeof walls
const broken = new Set<string>()

/** What a wall says while `text` stands before a file, which may be new. */
function saysOf(wall: Name, path: string, text: string): readonly string[] {
  const file = join(root, path)
  let before: string | undefined
  try {
    before = readFileSync(file, 'utf8')
  } catch {
    mkdirSync(dirname(file), { recursive: true })
  }
  writeFileSync(file, text + (before ?? ''))
  const said = walls[wall](root)
  if (before === undefined) rmSync(file)
  else writeFileSync(file, before)
  if (said.length > 0) broken.add(wall)
  return said
}

/** One sentence, and how it begins. */
function bites(t: Test, wall: Name, path: string, text: string, says: string): void {
  const said = saysOf(wall, path, text)
  t.equal(said.length, 1, `${wall}: ${text}`)
  t.ok(said[0]?.startsWith(says), said[0] ?? says)
}

const lines = (count: number) => 'it()\n'.repeat(count)
/** From `path` to another path of the root. */
const importing = (path: string, other: string) =>
  `import '${'../'.repeat(path.split('/').length - 1)}${other}'\n`

t.test('each room that looks where it may not', async (t) => {
  const wall = 'imports point one way'
  const cases: Readonly<Record<string, readonly [path: string, other: string]>> = {
    'the vocabulary': ['agent/model/finding.ts', 'agent/text/times.ts'],
    'the words': ['agent/text/times.ts', 'agent/core/plan.ts'],
    collectors: ['collectors/certs/collect.ts', 'agent/core/ledger.ts'],
    sinks: ['agent/delivery/sinks/ntfy.ts', 'agent/delivery/post.ts'],
    'kinds of heartbeats': ['agent/delivery/heartbeats/kuma.ts', 'agent/delivery/post.ts'],
    'the core': ['agent/core/plan.ts', 'agent/state/store.ts'],
    'the door to the machine': ['agent/host/tls.ts', 'agent/core/ledger.ts'],
    'the state': ['agent/state/store.ts', 'agent/delivery/post.ts'],
    delivery: ['agent/delivery/postman.ts', 'agent/state/store.ts'],
    'the settings': ['agent/config/config.ts', 'agent/delivery/sinks/index.ts'],
    'the socket': ['agent/api/serve.ts', 'agent/state/store.ts'],
    films: ['agent/film/camera.ts', 'agent/state/store.ts'],
    'the daemon': ['agent/daemon/daemon.ts', 'agent/cli/json.ts'],
    'the pages': ['agent/cli/render/status.ts', 'agent/api/ask.ts'],
    'the command that starts the daemon': ['agent/cli/commands/run.ts', 'agent/main.ts'],
    'the command that films': ['agent/cli/commands/film.ts', 'agent/main.ts'],
    'the other commands': ['agent/cli/commands/status.ts', 'agent/daemon/daemon.ts'],
    'the command line': ['agent/program.ts', 'agent/daemon/daemon.ts'],
    main: ['agent/main.ts', 'agent/daemon/daemon.ts'],
  }
  t.strictSame(
    Object.keys(cases),
    rooms.map(({ who }) => who),
    'none is left out',
  )
  for (const { who, why } of rooms) {
    const [path, other] = cases[who] ?? ['', '']
    t.strictSame(saysOf(wall, path, importing(path, other)), [
      `${path} imports ${other}, but ${who} may not: ${why}`,
    ])
  }
  const status = 'agent/cli/commands/status.ts'
  t.equal(saysOf(wall, status, importing(status, 'agent/cli/commands/run.ts')).length, 1, 'by a detour')
  t.equal(saysOf(wall, 'agent/core/plan.ts', "import '../run-order.ts'\n").length, 1)
  bites(t, wall, 'agent/stray.ts', 'export const a = 1\n', 'agent/stray.ts stands in no room: ')
})

t.test('collectors that are known, or know each other', async (t) => {
  const known = 'nothing in agent/ knows a collector'
  for (const [path, other] of [
    ['agent/core/plan.ts', 'collectors/index.ts'],
    ['agent/cli/render/status.ts', 'collectors/index.ts'],
    ['agent/cli/commands/check.ts', 'collectors/certs/index.ts'],
    ['agent/daemon/daemon.ts', 'collectors/node/describe.ts'],
  ] as const)
    bites(
      t,
      known,
      path,
      importing(path, other),
      `${path} imports ${other}: only commands, daemon and config know `,
    )
  const named = "const page = 'firewall'\n"
  bites(
    t,
    known,
    'agent/cli/commands/status.ts',
    named,
    `agent/cli/commands/status.ts says 'firewall': a command that knows one collector by name `,
  )
  t.strictSame(saysOf(known, 'agent/text/sizes.ts', named), [], 'a word is no command')
  const wall = 'collectors do not know each other'
  for (const [path, other] of [
    ['collectors/certs/assess.ts', 'collectors/memory/sample.ts'],
    ['collectors/certs/assess.ts', 'collectors/index.ts'],
    ['collectors/node/describe.ts', 'collectors/k3s/index.ts'],
  ] as const)
    bites(
      t,
      wall,
      path,
      importing(path, other),
      `${path} imports ${other}: one broken collector must not stop another; `,
    )
})

t.test('a packet engine that looks around', async (t) => {
  const path = 'collectors/firewall/packet/walk.ts'
  const wall = 'the packet engine knows nothing of the rest'
  bites(
    t,
    wall,
    path,
    importing(path, 'collectors/firewall/dump/read.ts'),
    `${path} imports collectors/firewall/dump/read.ts: `,
  )
})

t.test("k3s's ports, asked by another than their door", async (t) => {
  bites(
    t,
    "k3s's own ports are asked by one door",
    'collectors/certs/served.ts',
    'await host.handshake({ port: 6443 })\n',
    'collectors/certs/served.ts asks a port itself: ',
  )
  bites(
    t,
    "k3s's own ports are asked by one door",
    'collectors/node/kube-api.ts',
    "await host.get({ host: '127.0.0.1', port: 6443, path })\n",
    'collectors/node/kube-api.ts asks a port itself: ',
  )
})

t.test('each library that is fetched past its door', async (t) => {
  const wall = 'each library has one door'
  const path = 'agent/core/plan.ts'
  for (const [library, [place, why]] of Object.entries(doors))
    t.strictSame(saysOf(wall, path, `import it from '${library}'\n`), [
      `${path} imports ${library}, whose door is ${place}: ${why}`,
    ])
  for (const text of [
    "import 'undici/lib/api'\n",
    "export { it } from 'undici'\n",
    "const it = await import('undici')\n",
    "const it = process.getBuiltinModule('node:http')\n",
    "import {\n  type A,\n} from 'undici'\n",
  ])
    t.equal(saysOf(wall, path, text).length, 1, text)
  t.strictSame(saysOf(wall, path, "import type { A } from 'undici'\n"), [], 'a type')
  for (const library of ['left-pad', '@scope/left-pad'])
    bites(
      t,
      wall,
      path,
      `import it from '${library}'\n`,
      `${path} imports ${library}, which has no door; name one in `,
    )
})

t.test('values that ask, remember or write for themselves', async (t) => {
  const pure = 'collectors and pure files touch no machine and no clock'
  for (const path of ['collectors/certs/collect.ts', 'agent/core/plan.ts', 'agent/host/redaction/cut.ts']) {
    for (const name of ['node:fs/promises', 'node:os', 'node:timers/promises'])
      bites(t, pure, path, `import '${name}'\n`, `${path} imports ${name}: all asking goes through Host, `)
    for (const text of [
      'Date.now()',
      'new Date()',
      'new Date',
      'Math.random()',
      'process.env.A',
      'setTimeout(a)',
    ])
      bites(
        t,
        pure,
        path,
        `export const it = ${text}\n`,
        `${path} reads a clock, chance or the environment: `,
      )
    t.strictSame(saysOf(pure, path, 'export const it = new Date(1)\n'), [], 'a time that is given')
  }
  t.equal(saysOf(pure, 'agent/core/plan.ts', "import 'node:net'\n").length, 1)
  t.strictSame(saysOf(pure, 'collectors/certs/text.ts', "import 'node:net'\n"), [], 'arithmetic of addresses')

  const model = "'../../../agent/model/index.ts'"
  const asks = 'what remembers cannot ask'
  for (const text of [
    `import type { Host } from ${model}\n`,
    `import {\n  type Past,\n  type Host,\n} from ${model}\n`,
  ])
    bites(
      t,
      asks,
      'collectors/memory/history/new.ts',
      text,
      'collectors/memory/history/new.ts imports Host: what is remembered must follow from ',
    )
  const spoken = `import type { HostPort } from ${model}\n/** Host is only spoken of. */\n`
  t.strictSame(saysOf(asks, 'collectors/memory/history/new.ts', spoken), [])
  t.strictSame(saysOf(asks, 'collectors/memory/look.ts', `import type { Host } from ${model}\n`), [])

  const sql = 'SQL stands in state/ alone'
  for (const text of [
    'SELECT a\n  FROM b WHERE c',
    'INSERT OR REPLACE INTO a ',
    'DELETE FROM a ',
    'UPDATE a SET b',
    'CREATE TABLE a ',
    'PRAGMA user_version',
  ])
    bites(
      t,
      sql,
      'agent/api/serve.ts',
      `export const it = \`${text}\`\n`,
      'agent/api/serve.ts speaks SQL: what is on the disk has one owner, ',
    )
  t.strictSame(saysOf(sql, 'agent/state/put-row.ts', "export const it = 'DELETE FROM a '\n"), [])

  const times = 'times are written in text/ alone'
  for (const text of [
    'new Date(at).toISOString().slice(0, 10)',
    '86_400_000',
    '86400',
    '3600_000',
    '3_600_000',
    '24 * 3600',
    '60 * 60 * 1000',
    '24 * 60 * minute',
    '60 * 60_000',
  ])
    bites(
      t,
      times,
      'agent/core/plan.ts',
      `export const it = ${text}\n`,
      'agent/core/plan.ts writes a time or counts a day by itself: agent/text/times.ts has both, ',
    )
  for (const text of ['const hour = 3600', 'const day = 24 * hour'])
    bites(t, times, 'collectors/memory/slope.ts', `${text}\n`, 'collectors/memory/slope.ts writes a time ')
  for (const text of ['3600', '24 * hour', '60 * minute', 'hour / second', "'2026-11-01T00:00:00Z'"])
    t.strictSame(saysOf(times, 'agent/core/plan.ts', `export const it = ${text}\n`), [], text)
  t.strictSame(saysOf(times, 'agent/text/times.ts', 'const day = 86_400_000\n'), [])

  const casts = 'no type is claimed that nothing bears out'
  bites(
    t,
    casts,
    'agent/core/plan.ts',
    '\nexport const it = 1 as unknown\n  as string\n',
    'agent/core/plan.ts:2 casts through unknown: ',
  )
  t.strictSame(saysOf(casts, 'agent/core/plan.ts', 'export const it = 1 as unknown\n'), [])
})

t.test('a circle, whatever ties it, named once', async (t) => {
  const wall = 'no import circles'
  const folder = join(root, 'collectors/deep')
  mkdirSync(folder)
  writeFileSync(join(folder, 'y.ts'), "export type { Z } from './z.ts'\nexport interface Y {}\n")
  writeFileSync(join(folder, 'z.ts'), "export const z = () => import('./x.ts')\nexport type Z = 1\n")
  for (const text of ["import type { Y } from './y.ts'\n", "import './y.ts'\n", "export * from './y.ts'\n"])
    bites(
      t,
      wall,
      'collectors/deep/x.ts',
      text,
      'collectors/deep/x.ts, collectors/deep/y.ts, collectors/deep/z.ts import each other: ',
    )
  rmSync(folder, { recursive: true })
  bites(t, wall, 'agent/stray.ts', "import './stray.ts'\n", 'agent/stray.ts import each other: ')
})

t.test('a file without a test, and an excuse without a file', async (t) => {
  const wall = 'every module has a test at its address'
  const text = 'export const it = 1\n'
  bites(
    t,
    wall,
    'agent/core/new.ts',
    text,
    'agent/core/new.ts has no test at test/agent/core/new.test.ts: who changes a module finds its test ',
  )
  const address = join(root, 'test/agent/core/new.test.ts')
  writeFileSync(address, '')
  t.strictSame(saysOf(wall, 'agent/core/new.ts', text), [])
  rmSync(address)
  t.strictSame(saysOf(wall, 'agent/core/new.ts', '/** A type. */\nexport interface It {}\n'), [])
  const empty = t.testdir({ agent: { 'a.ts': text }, collectors: {}, test: { agent: { 'a.test.ts': '' } } })
  t.strictSame(
    walls[wall](empty).map((it) => /^nobody needs the excuse "(.*)" any more: it goes, /.exec(it)?.[1]),
    excuses.map(([, why]) => why),
  )
})

t.test('what is too long', async (t) => {
  const path = 'agent/core/plan.ts'
  const file = lines(300)
  bites(t, 'files stay short', 'agent/core/new.ts', `${file}it()\n`, 'agent/core/new.ts has 301 lines: ')
  t.strictSame(saysOf('files stay short', 'agent/core/new.ts', file), [])
  const long = `export function f() {\n${lines(79)}}\n`
  bites(
    t,
    'functions stay short',
    path,
    long,
    `${path}:1 has a function of 81 lines: nobody holds more than 80 `,
  )
})

t.test('each wall was broken, and stands again', async (t) => {
  t.strictSame(
    Object.keys(walls).filter((it) => !broken.has(it)),
    [],
  )
  for (const [what, wall] of Object.entries(walls))
    if (what !== 'functions stay short') t.strictSame(wall(root), [], what)
})
