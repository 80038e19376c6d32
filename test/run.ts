import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inventory, lasting, mark, type Run } from './inventory.ts'
import { rootFolder, withoutContainer } from './real/container.ts'
import { runFiles } from './run-file.ts'
import { type Files, planned } from './run-order.ts'
import { tools } from './tools.ts'
import { unpackTools } from './unpack.ts'

/**
 * `npm test`: style, types, then every test file, and whether the machine is as it was. Prints a line a file, all of
 * what failed, and `N passed, N failed` last. What runs beside what: `run-order.ts`.
 */
const root = join(import.meta.dirname, '..')
const ci = process.env.CI === 'true'
const asRoot = process.getuid?.() === 0
const bin = join(root, 'node_modules/.bin')
const environment = {
  ...process.env,
  // A command is started a hundred times: what Node.js made of its sources is kept.
  NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node'),
  PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH ?? ''}`,
}

/** All that the tests make for a while, where nobody else makes anything. Other accounts write there too. */
const folder = mkdtempSync(join(tmpdir(), 'murphy-test-'))
chmodSync(folder, 0o1777)
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const run: Run = { id: folder, folder }

let passed = 0
let failed = 0
const say = (text: string) => process.stdout.write(`${text}\n`)

/** How a command ended, and what it said. */
function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = environment) {
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      said += part
    })
  return new Promise<{ readonly ok: boolean; readonly said: string }>((resolve) => {
    child.once('error', (error) => resolve({ ok: false, said: error.message }))
    child.once('close', (status) => resolve({ ok: status === 0, said }))
  })
}

async function installTools(): Promise<void> {
  const missing = Object.entries(tools).filter(
    ([command]) => spawnSync('sh', ['-c', `command -v ${command}`], { env: environment }).status !== 0,
  )
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(([, name]) => name))]
  if (!asRoot) {
    say(`not root: what needs ${packages.join(', ')} is skipped`)
    return
  }
  say(`installing ${packages.join(', ')}`)
  const quiet = { ...environment, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const { ok, said } = await start('apt-get', ['-qq', ...args], quiet)
    if (ok) continue
    say(`${said}\nnot ok  installing ${packages.join(', ')}: apt-get failed; see above`)
    failed += ci ? 1 : 0
    return
  }
}

async function command(what: string, program: string, ...args: readonly string[]): Promise<void> {
  const { ok, said } = await start(join(bin, program), args)
  passed += ok ? 1 : 0
  failed += ok ? 0 : 1
  say(`${ok ? 'ok    ' : 'not ok'}  ${what}`)
  if (!ok) say(said)
}

async function test(files: Files): Promise<void> {
  const env = { ...environment, TMPDIR: folder, [mark]: run.id }
  const it = await runFiles(files, { node: join(bin, 'node'), cwd: root, env })
  passed += it.passed
  failed += it.failed
  const took = `${(it.took / 1000).toFixed(1)} s`
  const sign = it.failed > 0 ? 'not ok' : 'ok    '
  for (const file of files)
    say(`${sign}  ${file}  ${took}${files.length > 1 ? `, ${files.length} in one process` : ''}`)
  for (const why of new Set(it.skipped)) say(`        skipped: ${why}`)
  if (ci && it.skipped.length > 0) {
    say('        and with CI=true nothing may be')
    failed += it.skipped.length
  }
  if (it.failed > 0) say(it.said)
}

const chosen = process.argv.slice(2)
const all = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !name.startsWith('nodes/'))
  .map((name) => `test/${name}`)
  .filter((name) => chosen.length === 0 || chosen.some((it) => name.includes(it)))
  .sort()
const vain = chosen.filter((it) => !all.some((name) => name.includes(it)))
if (vain.length > 0) {
  // A typing error must not look like a test that is green.
  say(`not ok  there is no test file with ${vain.join(' or ')} in its path`)
  say(`0 passed, ${vain.length} failed`)
  process.exit(1)
}
await Promise.all([
  installTools().then(() => unpackTools(say)),
  ...(chosen.length === 0
    ? [command('style (biome)', 'biome', 'check', '--error-on-warnings'), command('types (tsc)', 'tsc')]
    : []),
])
const before = inventory(run)
const { lanes, rest } = planned(root, all)
/** The Debian of all containers. What needs none runs while it is made; why it cannot be made, the tests say. */
const making = { over: lanes.every((it) => it.length === 0) || withoutContainer() !== undefined }
const made = making.over ? undefined : rootFolder().catch(() => {})
void made?.then(() => {
  making.over = true
})
await Promise.all(
  [...lanes, []].map(async (lane) => {
    for (let it = making.over ? undefined : rest.pop(); it; it = making.over ? undefined : rest.pop())
      await test(it)
    if (lane.length > 0) await made
    for (const it of lane) await test(it)
    for (let it = rest.shift(); it; it = rest.shift()) await test(it)
  }),
)
const changed = await lasting(before, run)
passed += changed.length === 0 ? 1 : 0
failed += changed.length
say(`${changed.length === 0 ? 'ok    ' : 'not ok'}  the machine is as it was`)
for (const it of changed) say(`        ${it}`)
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
