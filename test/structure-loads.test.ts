import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openStore } from '../agent/state/store.ts'

/** What each command really loads: run in a process of its own, by what Node.js was asked for. */
const root = join(import.meta.dirname, '..')
const place = mkdtempSync(join(tmpdir(), 'murphy-loads-'))
t.teardown(() => rmSync(place, { recursive: true, force: true }))
const file = join(place, 'config.yaml')
writeFileSync(
  file,
  `state_dir: ${place}/state\nsocket: ${place}/none.sock\nsinks: [{ type: webhook, url: 'http://127.0.0.1:9/' }]\n`,
)
mkdirSync(join(place, 'state'))
// So that what is on the disk is read.
openStore(join(place, 'state'), Date.now()).close()

/** The files below the repository, and Node's own modules, that a command loads. */
function loadedBy(args: readonly string[], settings = file) {
  const list = join(place, 'loaded')
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const ran = spawnSync(
    process.execPath,
    [
      '--no-warnings',
      `--import=${join(root, 'test/loaded.ts')}`,
      join(root, 'agent/main.ts'),
      '--config',
      settings,
      ...args,
    ],
    { encoding: 'utf8', env: { PATH, NODE_COMPILE_CACHE, HOME: place, LOADED: list }, timeout: 120_000 },
  )
  const names = readFileSync(list, 'utf8').split('\n')
  const files = names.filter((it) => it.startsWith('file:')).map((it) => relative(root, fileURLToPath(it)))
  return { ran, files, builtin: names.filter((it) => !it.startsWith('file:')) }
}

/** By what stands in it, not by its name. */
const writesState = (path: string) =>
  path.startsWith('agent/state/') &&
  /\b(INSERT (OR \w+ )?INTO|DELETE FROM|CREATE TABLE|ALTER TABLE|BEGIN IMMEDIATE)\b/.test(
    readFileSync(join(root, path), 'utf8'),
  )
const of = (library: string) => (path: string) => path.includes(`node_modules/${library}/`)

const walls: readonly (readonly [string, (path: string) => boolean, string])[] = [
  ['pino', of('pino'), 'only the daemon keeps a log; a command that loads it is half as fast'],
  [
    'what writes the state',
    writesState,
    'the state has one owner; a command that could write it could spoil it beside a running daemon',
  ],
  ['undici', of('undici'), 'only what sends to the outside speaks HTTP to it: `agent notify --test`'],
  [
    'the daemon',
    (path) => path.startsWith('agent/daemon/'),
    'a command asks the daemon, and must work where the daemon is broken',
  ],
]

const commands: readonly (readonly string[])[] = [
  ['status'],
  ['status', '--brief'],
  ['check', '--node', 'test/nodes/healthy'],
  ['explain', 'firewall.flushed'],
  ['history'],
  ['silence', 'certs'],
  ['memory', '--node', 'test/nodes/healthy'],
  ['config', 'check'],
  ['config', 'print'],
  ['config', 'schema'],
  ['notify'],
  ['version'],
]

t.test('a command loads what it needs', async (t) => {
  for (const args of commands) {
    const { ran, files, builtin } = loadedBy(args)
    const name = `agent ${args.join(' ')}`
    t.ok(files.includes('agent/main.ts'), `${name}: ${files.length} files (exit ${ran.status})`)
    t.notMatch(ran.stderr, /mistake in Murphy/, name)
    for (const [what, is, why] of walls)
      t.strictSame(files.filter(is), [], `${name} does not load ${what}: ${why}`)
    t.notOk(
      builtin.some((it) => it.includes('deps/undici')),
      `${name} does not load Node's own undici: 13 MB and 50 ms, which an import of node:http costs`,
    )
  }
})

/** What reads settings, and who can do without them. */
const settingsLibraries = (path: string) => of('yaml')(path) || of('typebox')(path)

t.test('who has no use for the settings loads nothing that reads them', async (t) => {
  for (const args of [['explain', 'firewall.flushed'], ['version']])
    t.strictSame(loadedBy(args).files.filter(settingsLibraries), [], `agent ${args.join(' ')}`)
  const { files } = loadedBy(['config', 'print'])
  for (const library of ['yaml', 'typebox'])
    t.ok(files.some(of(library)), `${library} is seen where it is loaded`)
})

t.test('these are seen where they are loaded', async (t) => {
  const sends = loadedBy(['notify', '--test', '--sink', 'webhook']).files
  t.ok(sends.some(of('undici')), 'who sends loads undici')
  // Its socket's place is taken by a file, so it ends by itself, once all of it is loaded.
  writeFileSync(join(place, 'none.sock'), '')
  const { ran, files } = loadedBy(['run'])
  rmSync(join(place, 'none.sock'))
  t.match(ran, { status: 3, stderr: /is in the way and is no socket/ })
  for (const [what, is] of walls) t.ok(files.some(is), `agent run loads ${what}`)
})
