import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { finish } from './finish.ts'
import { defined, packages } from './packages.ts'

/** Where to build from and to. */
export interface BundleOptions {
  /** The folder with package.json and node_modules. */
  readonly root: string
  /** The module that is run. */
  readonly entry: string
  /** Made anew; `main.js` in it is the entry. */
  readonly outdir: string
}

const hardwareLook = new URL('../agent/host/hardware-look.ts', import.meta.url)

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  sourcemap: false,
  logLevel: 'warning',
} satisfies BuildOptions

/**
 * Bundles the agent so that a node needs neither node_modules nor type stripping. Split into chunks, so that each
 * command loads what it needs; names are kept, so that stack traces can be read.
 */
export async function bundle({ root, entry, outdir }: BundleOptions): Promise<void> {
  rmSync(outdir, { recursive: true, force: true })
  mkdirSync(outdir, { recursive: true })
  const chunks = join(outdir, 'chunks')
  const { metafile } = await build({
    ...common,
    absWorkingDir: root,
    // What runs in a thread of its own is a program of its own.
    entryPoints: { main: entry, 'hardware-look': fileURLToPath(hardwareLook) },
    outdir: chunks,
    splitting: true,
    metafile: true,
    define: defined,
    plugins: [...packages],
  })
  await finish(chunks, outdir, common)
  rmSync(chunks, { recursive: true })
  const inputs = Object.keys(metafile.inputs)
  writeFileSync(join(outdir, 'LICENSES'), licenses(root, packagesOf(inputs)))
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  writeFileSync(
    join(outdir, 'package.json'),
    `${JSON.stringify({ name, version, commit: commitOf(root), type: 'module' }, null, 2)}\n`,
  )
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/** The packages whose code went in: `node_modules/@scope/name`, nested ones included. */
export function packagesOf(inputs: readonly string[]): readonly string[] {
  const folders = inputs.map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  return [...new Set(folders.filter((it) => it !== undefined))].sort((a, b) => (a < b ? -1 : 1))
}

/** Their licenses ask to be handed on with the code. Fails for a package that came without one. */
function licenses(root: string, folders: readonly string[]): string {
  return folders
    .map((folder) => {
      const { name, version, license } = JSON.parse(
        readFileSync(join(root, folder, 'package.json'), 'utf8'),
      ) as Manifest
      const file = readdirSync(join(root, folder)).find((it) => /^licen[cs]e/i.test(it))
      if (!file && !license)
        throw new Error(`${folder} says nothing of its license, so it cannot be handed on`)
      const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : `License: ${license}`
      return `${name} ${version}\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** Which state of the source this is; absent where it is not a checkout. */
function commitOf(root: string): string | undefined {
  if (!existsSync(join(root, '.git'))) return undefined
  try {
    const asking = ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*']
    return execFileSync('git', asking, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  await bundle({ root, entry: join(root, 'agent/main.ts'), outdir: join(root, 'dist/agent') })
}
