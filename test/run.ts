import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { inventory, lasting, mark, type Run } from './inventory.ts'
import { planned } from './run-order.ts'
import { tools } from './tools.ts'

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

function installTools(): void {
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
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', ...args], {
      env: { ...environment, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    }).status === 0
  if (!apt('update') || !apt('install', '-y', '--no-install-recommends', ...packages)) {
    say(`not ok  installing ${packages.join(', ')}: apt-get failed; see above`)
    failed += ci ? 1 : 0
  }
}

function command(what: string, argv: readonly string[]): void {
  const [program = '', ...args] = argv
  const ran = spawnSync(join(bin, program), args, { cwd: root, env: environment, encoding: 'utf8' })
  const ok = ran.status === 0
  passed += ok ? 1 : 0
  failed += ok ? 0 : 1
  say(`${ok ? 'ok    ' : 'not ok'}  ${what}`)
  if (!ok) say(ran.stdout + ran.stderr)
}

/** Runs test files one after the other and adds up what they say. */
async function tests(files: readonly string[]): Promise<void> {
  const child = spawn(
    join(bin, 'tap'),
    ['run', '--disable-coverage', '--reporter=tap', '--jobs=1', ...files],
    {
      cwd: root,
      env: { ...environment, TMPDIR: folder, [mark]: run.id },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let block: string[] = []
  let counted = false
  for await (const line of createInterface({ input: child.stdout })) {
    block.push(line)
    const [, not, name, time] = /^(not )?ok \d+ - (\S+\.ts)(?: # (.*))?/.exec(line) ?? []
    if (name) {
      const skipped = block.flatMap((it) => /# SKIP ?(.*)/.exec(it)?.[1] ?? [])
      say(`${not ? 'not ok' : 'ok    '}  ${name}  ${time ?? ''}`)
      for (const why of new Set(skipped)) say(`        skipped: ${why}`)
      if (ci && skipped.length > 0) {
        say('        and with CI=true nothing may be')
        failed += skipped.length
      }
      if (not) say(block.filter((it) => !/^\s*ok \d/.test(it)).join('\n'))
      block = []
    }
    const [, totals] = /^# \{ (total: .*) \}$/.exec(line) ?? []
    if (totals) {
      counted = true
      passed += Number(/pass: (\d+)/.exec(totals)?.[1] ?? 0)
      failed += Number(/fail: (\d+)/.exec(totals)?.[1] ?? 0)
    }
  }
  const status = child.exitCode ?? (await new Promise<number>((resolve) => child.once('close', resolve)))
  if (!counted || (status !== 0 && failed === 0)) {
    failed += 1
    say(`not ok  tap ended with ${status}\n${block.join('\n')}`)
  }
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
installTools()
if (chosen.length === 0) {
  command('style (biome)', ['biome', 'check', '--error-on-warnings'])
  command('types (tsc)', ['tsc'])
}
const before = inventory(run)
const { lanes, rest } = planned(all)
await Promise.all(
  lanes.map(async (lane) => {
    for (const files of lane) await tests(files)
    for (let files = rest.shift(); files; files = rest.shift()) await tests(files)
  }),
)
const changed = await lasting(before, run)
passed += changed.length === 0 ? 1 : 0
failed += changed.length
say(`${changed.length === 0 ? 'ok    ' : 'not ok'}  the machine is as it was`)
for (const it of changed) say(`        ${it}`)
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
