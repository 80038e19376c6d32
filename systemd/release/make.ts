import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { bundle } from '../build.ts'
import { archive } from './archive.ts'
import { writeDeb } from './deb.ts'
import { readKey } from './keys.ts'
import { writeRpm } from './rpm.ts'
import { type Cpu, cpus, strangeArchives, unpackRuntime } from './runtime.ts'
import { sbom } from './sbom.ts'
import { stamped } from './stamp.ts'
import { runtimeSums, type Sums, sha256, writeSums } from './sums.ts'
import { layOut } from './tree.ts'

/** What to build, and what of it is the owner's to say. */
export interface ReleaseOptions {
  /** The checkout. */
  readonly root: string
  /** Where it is written; made anew, with nothing else in it. */
  readonly into: string
  /** The owner's P-256 key, in PEM; of a public one there is no signature. */
  readonly key: string
  /** A public key that is believed as well, to change keys from one release to another. */
  readonly nextKey?: string
  /** Where it is published; absent, what install.sh says stays. */
  readonly url?: string
  /** Archives of nodejs.org to compare the Node.js inside with. */
  readonly archives?: readonly string[]
  /** The time of everything in it, in seconds since 1970. */
  readonly time: number
  readonly cpus?: readonly Cpu[]
  /** Whether there is a package for rpm as well. */
  readonly rpm?: boolean
  /** How hard it is packed, 1 to 9; 6 where nothing is said. */
  readonly level?: number
  /** Sums of the Node.js inside. */
  readonly sums?: Sums
  readonly say?: (line: string) => void
}

/** What a release is, once it is there. */
export interface Release {
  readonly version: string
  /** Files by name, with their sizes in bytes. */
  readonly files: ReadonlyMap<string, number>
}

const comparedWith = "the same program as in nodejs.org's archive"
const knownBy = 'as package-lock.json and systemd/release/runtime-sums have it'

/** Writes a release: an archive and a package for each CPU, install.sh, the list of what is in it, `stable`, sums and signature. */
export async function makeRelease(options: ReleaseOptions): Promise<Release> {
  const { root, into, key: file, nextKey, url, archives = [], time, level = 6, say = () => {} } = options
  const key = readKey(file, root)
  const next = nextKey ? [readKey(nextKey, root).spki] : []
  const strange = strangeArchives(root, archives)
  if (strange.length > 0) throw new Error(`${strange.join(', ')}: no archive of the Node.js that is shipped`)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const installer = stamped(readFileSync(join(root, 'install.sh'), 'utf8'), {
    ...(url ? { place: url } : {}),
    pinned: version,
    keys: [key.spki, ...next],
  })
  mkdirSync(dirname(into), { recursive: true })
  const work = mkdtempSync(`${into}.new-`)
  try {
    const out = join(work, 'out')
    mkdirSync(out)
    const agent = join(work, 'agent')
    await bundle({ root, entry: join(root, 'agent/main.ts'), outdir: agent })
    const sums = options.sums ?? runtimeSums()
    for (const cpu of options.cpus ?? cpus) {
      const runtime = unpackRuntime(cpu, join(work, cpu), { root, sums, archives })
      const name = `murphy-${version}-linux-${cpu}`
      layOut(join(work, name), { root, agent, runtime, installer })
      writeFileSync(join(out, `${name}.tar.gz`), archive(join(work, name), name, time, level))
      const at = { release: join(work, name), work: join(work, 'package'), into: out }
      const what = { ...at, cpu, version, time, level }
      writeDeb(what)
      if (options.rpm) writeRpm(what)
      say(`${cpu}: Node.js ${runtime.version}, ${runtime.compared ? comparedWith : knownBy}`)
    }
    writeFileSync(join(out, 'install.sh'), installer)
    writeFileSync(
      join(out, `murphy-${version}.cdx.json`),
      sbom(readFileSync(join(root, 'package-lock.json'), 'utf8'), { version, time }),
    )
    writeFileSync(join(out, 'stable'), `${version}\n`)
    const files = readdirSync(out)
    const text = writeSums(new Map(files.map((it) => [it, sha256(readFileSync(join(out, it)))])))
    writeFileSync(join(out, 'SHA256SUMS'), text)
    if (key.sign) writeFileSync(join(out, 'SHA256SUMS.sig'), key.sign(text))
    rmSync(into, { recursive: true, force: true })
    renameSync(out, into)
    const written = readdirSync(into).map((it) => [it, statSync(join(into, it)).size] as const)
    return { version, files: new Map(written) }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
