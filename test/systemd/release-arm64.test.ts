import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { howToMake } from '../../systemd/release/keys.ts'
import { makeRelease } from '../../systemd/release/make.ts'
import { notUnpacked, programOf, unpackedIn } from '../tools.ts'

t.setTimeout(600_000)
const root = fileURLToPath(new URL('../..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'murphy-arm64-'))
t.teardown(() => rmSync(home, { recursive: true }))
const missing = process.arch === 'arm64' ? [] : notUnpacked()
const skip = missing.length > 0 && `needs ${missing.join(', ')}, which npm test unpacks`
/** What runs a program of arm64 on this machine. */
const emulated =
  process.arch === 'arm64'
    ? []
    : [programOf('qemu-aarch64-static'), '-L', `${unpackedIn}/usr/aarch64-linux-gnu`]
const recorded = readdirSync(join(root, 'test/nodes'), { withFileTypes: true })
  .filter((it) => it.isDirectory())
  .map((it) => join(root, 'test/nodes', it.name))
/** Emulated, each takes seconds: all by `MURPHY_NODES=all npm test -- release-arm64`, else a well one and two others. */
const some = /\/(healthy|flush-535|oom-kills)$/
const nodes = process.env.MURPHY_NODES === 'all' ? recorded : recorded.filter((it) => some.test(it))

/** `agent check` for one node after the other in one process: emulated, each start of its own would take 5 s. */
const all = `
  const [main, ...nodes] = process.argv.slice(2)
  for (const node of nodes) {
    process.argv = [process.argv[0], main, 'check', '--node', node, '--json']
    await import(main + '?' + node)
    process.stdout.write('\\0' + process.exitCode + '\\0')
    process.exitCode = 0
  }`

/** What it says of each recorded node, and the exit code; without its process id, and how long it took. */
function checked(command: readonly string[], folder: string) {
  writeFileSync(join(home, 'all.mjs'), all)
  const [program = '', ...args] = [
    ...command,
    join(home, 'all.mjs'),
    join(folder, 'dist/agent/main.js'),
    ...nodes,
  ]
  const said = execFileSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\0')
  return nodes.map((node, at) => {
    const passing = (key: string, value: unknown) => (key === 'pid' || key === 'took' ? 0 : value)
    return { node, exit: said[2 * at + 1], said: JSON.parse(said[2 * at] ?? '', passing) as unknown }
  })
}

t.test('the arm64 archive runs, and finds on every recorded node what x64 finds', { skip }, async (t) => {
  execFileSync('sh', ['-c', `mkdir checkout && cd checkout && ${howToMake}`], { cwd: home, stdio: 'pipe' })
  const { version } = await makeRelease({
    ...{ root, into: join(home, 'release'), key: join(home, 'murphy.key'), time: 1_700_000_000 },
    ...{ cpus: ['arm64'], level: 1 },
  })
  const name = `murphy-${version}-linux-arm64`
  execFileSync('tar', ['-xzf', `release/${name}.tar.gz`], { cwd: home })
  const folder = join(home, name)
  const runtime = join(folder, 'runtime/node')
  t.equal(readFileSync(runtime).readUInt16LE(18), 183, 'a program for AArch64 (EM_AARCH64 of elf.h)')
  const [program = '', ...args] = [...emulated, runtime, join(folder, 'dist/agent/main.js'), 'version']
  t.match(
    execFileSync(program, args, { encoding: 'utf8' }),
    new RegExp(`^murphy ${version}\\b.*, node v24\\.`),
  )

  const here = checked([process.execPath], folder)
  const there = checked([...emulated, runtime], folder)
  t.ok(recorded.length >= 20 && nodes.length >= 3, `${nodes.length} of ${recorded.length} nodes`)
  for (const [at, it] of here.entries()) t.strictSame(there[at], it, it.node)
  t.ok(new Set(here.map((it) => it.exit)).size > 1, 'well ones and others')
})
