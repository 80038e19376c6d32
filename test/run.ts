import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { tools } from './tools.ts'

/**
 * `npm test`: style, types, then every test file; first what runs anywhere, then what needs the real kernel
 * and systemd. Prints a line a file, all of what failed, and `N passed, N failed` last.
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

/** Runs test files and adds up what they say. */
async function tests(files: readonly string[], jobs: number): Promise<void> {
  const child = spawn(
    join(bin, 'tap'),
    ['run', '--disable-coverage', '--reporter=tap', `--jobs=${jobs}`, ...files],
    {
      cwd: root,
      env: environment,
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
const real = all.filter((name) => name.startsWith('test/real/'))

installTools()
if (chosen.length === 0) {
  command('style (biome)', ['biome', 'check', '--error-on-warnings'])
  command('types (tsc)', ['tsc'])
}
const anywhere = all.filter((name) => !real.includes(name))
/** These wait for most of their time: for patience to end, for holds to be over. */
const patient = real.filter((name) => /\/(incident|systemd)\.test\.ts$/.test(name))
/** These have a machine of their own, and no clock. */
const installers = real.filter((name) => /\/install/.test(name))
const kernel = real.filter((name) => !patient.includes(name) && !installers.includes(name))
await Promise.all([
  anywhere.length > 0 ? tests(anywhere, 2) : undefined,
  patient.length > 0 ? tests(patient, 1) : undefined,
])
// One after the other: they share one kernel log, and what they measure is time.
await Promise.all([
  kernel.length > 0 ? tests(kernel, 1) : undefined,
  installers.length > 0 ? tests(installers, 1) : undefined,
])
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
