import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Sums, sha256 } from './sums.ts'

/** As Node.js and npm call them. */
export const cpus = ['x64', 'arm64'] as const
export type Cpu = (typeof cpus)[number]

/** The Node.js that a release carries, unpacked and checked. */
export interface Runtime {
  readonly version: string
  /** The program. */
  readonly node: string
  /** Its licence. */
  readonly license: string
  /** Whether it is the same bytes as in nodejs.org's own archive, which was there to compare it with. */
  readonly compared: boolean
}

/**
 * Unpacks the Node.js of one CPU into a folder: the package that the lock file names, wherever npm finds it, if its
 * sha512 is that of the lock file and the sum of the program the one that is kept here; held against those of `archives`
 * that are nodejs.org's for this version and CPU.
 */
export function unpackRuntime(
  cpu: Cpu,
  folder: string,
  { root, sums, archives }: { root: string; sums: Sums; archives: readonly string[] },
): Runtime {
  const { version, integrity } = locked(root, cpu)
  const packed = fetched(root, `node-linux-${cpu}`, version)
  if (`sha512-${createHash('sha512').update(readFileSync(packed)).digest('base64')}` !== integrity) {
    rmSync(packed)
    throw new Error(`${basename(packed)} is not what package-lock.json says: its sha512 is another`)
  }
  mkdirSync(folder, { recursive: true })
  execFileSync('tar', [
    '-xzf',
    packed,
    '-C',
    folder,
    '--strip-components=1',
    'package/bin/node',
    'package/LICENSE',
  ])
  const node = join(folder, 'bin/node')
  const sum = sha256(readFileSync(node))
  const name = `node-linux-${cpu}@${version}/bin/node`
  if (sums.get(name) !== sum)
    throw new Error(
      `${name} has the sum ${sum}; systemd/release/runtime-sums has ${sums.get(name) ?? 'none for it'}`,
    )
  const own = archives.filter((it) => basename(it).startsWith(`node-v${version}-linux-${cpu}.tar.`))
  for (const it of own) compare(it, sum, sums)
  return { version, node, license: join(folder, 'LICENSE'), compared: own.length > 0 }
}

/** What of `archives` is no archive of a Node.js that a release carries, so that none is left out silently. */
export const strangeArchives = (root: string, archives: readonly string[]): readonly string[] =>
  archives.filter(
    (it) =>
      !cpus.some((cpu) => basename(it).startsWith(`node-v${locked(root, cpu).version}-linux-${cpu}.tar.`)),
  )

/** The package of that CPU, as the lock file pins it. */
function locked(root: string, cpu: Cpu): { readonly version: string; readonly integrity: string } {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return packages[`node_modules/node-linux-${cpu}`]
}

/** The package as npm packs it, kept beside what else is made from packages: npm installs only that of its own CPU. */
function fetched(root: string, name: string, version: string): string {
  const cache = join(root, 'node_modules/.cache/runtimes')
  const file = join(cache, `${name}-${version}.tgz`)
  if (existsSync(file)) return file
  mkdirSync(cache, { recursive: true })
  const beside = mkdtempSync(join(cache, 'new-'))
  try {
    const what = [`${name}@${version}`, '--pack-destination', beside]
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--prefer-offline', ...what], {
      stdio: 'pipe',
    })
    renameSync(join(beside, basename(file)), file)
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
  return file
}

/** Fails unless the archive is the one that nodejs.org publishes and has that same program in it. */
function compare(file: string, sum: string, sums: Sums): void {
  const name = basename(file)
  const known = sums.get(name)
  const own = sha256(readFileSync(file))
  if (known !== own)
    throw new Error(
      known
        ? `${name} has the sum ${own}, and nodejs.org's has ${known}`
        : `systemd/release/runtime-sums has no sum of ${name}: add its line of nodejs.org's SHASUMS256.txt`,
    )
  const folder = mkdtempSync(join(tmpdir(), 'murphy-runtime-'))
  try {
    const inside = `${name.replace(/\.tar\..*$/, '')}/bin/node`
    execFileSync('tar', ['-xf', file, '-C', folder, inside])
    if (sha256(readFileSync(join(folder, inside))) !== sum)
      throw new Error(`the program in ${name} is another than that of the npm package`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
