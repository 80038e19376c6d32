import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { filesBelow, layOutPackage, packed, refusals, setPackageModes } from './package.ts'
import type { Cpu } from './runtime.ts'
import { filesIn, names } from './tree.ts'

/** CPUs as Debian calls them. */
const architectures = { x64: 'amd64', arm64: 'arm64' } as const satisfies Record<Cpu, string>

const home = '/usr/lib/murphy'

/** What a package is made of. */
export interface PackageOptions {
  /** An unpacked release, for that CPU. */
  readonly release: string
  /** A folder to work in; it is taken away. */
  readonly work: string
  /** Where the package goes. */
  readonly into: string
  readonly cpu: Cpu
  readonly version: string
  /** Of all that is in it, in seconds since 1970. */
  readonly time: number
  /** How hard it is packed, 1 to 9; 6 where nothing is said. */
  readonly level?: number
}

/** The version as Debian orders it: what is no release yet comes before the release. */
export const debVersion = (version: string): string => version.replace('-', '~')

/** Builds a package by dpkg-deb, the same bytes by the same dpkg-deb, and gives its name. */
export function writeDeb({ release, work, into, cpu, version, time, level = 6 }: PackageOptions): string {
  layOutPackage(work, release, home)
  const { put, copy } = filesIn(work)
  put('usr/share/doc/murphy/copyright', copyright(readFileSync(join(release, 'LICENSE'), 'utf8')))
  put('usr/share/doc/murphy/licence-of-node.gz', packed(readFileSync(join(release, 'runtime/LICENSE'))))
  put(
    'usr/share/doc/murphy/licences-of-packages.gz',
    packed(readFileSync(join(release, 'dist/agent/LICENSES'))),
  )
  rmSync(join(work, 'usr/lib/murphy/agent/LICENSES'))
  put('usr/share/doc/murphy/changelog.gz', packed(changelog(version, time)))
  for (const name of names)
    put(
      `usr/share/zsh/vendor-completions/_${name}`,
      readFileSync(join(release, `share/zsh/site-functions/_${name}`)),
    )
  const own = new URL('deb/', import.meta.url)
  put('usr/share/lintian/overrides/murphy', readFileSync(new URL('lintian-overrides', own)))
  setPackageModes(work, home)

  const files = filesBelow(work)
  const size = files.reduce((sum, it) => sum + Math.ceil(statSync(join(work, it)).size / 1024), 0)
  const md5 = (it: string) =>
    createHash('md5')
      .update(readFileSync(join(work, it)))
      .digest('hex')
  const sums = files.filter((it) => !it.startsWith('etc/')).map((it) => `${md5(it)}  ${it}\n`)
  put('DEBIAN/md5sums', sums.join(''))
  put('DEBIAN/conffiles', '/etc/update-motd.d/60-murphy\n')
  put('DEBIAN/control', control(version, cpu, size))
  put('DEBIAN/preinst', preinst)
  for (const it of ['postinst', 'prerm', 'postrm']) copy(fileURLToPath(new URL(it, own)), `DEBIAN/${it}`)
  chmodSync(join(work, 'DEBIAN'), 0o755)
  for (const it of readdirSync(join(work, 'DEBIAN')))
    chmodSync(join(work, 'DEBIAN', it), /^(pre|post)/.test(it) ? 0o755 : 0o644)

  const name = `murphy_${debVersion(version)}_${architectures[cpu]}.deb`
  // gzip reads everywhere; xz would save a third of what is fetched, and take a minute for each CPU.
  execFileSync(
    'dpkg-deb',
    ['--root-owner-group', '-Zgzip', `-z${level}`, '--build', work, join(into, name)],
    {
      env: { ...process.env, SOURCE_DATE_EPOCH: `${time}` },
      stdio: 'pipe',
    },
  )
  rmSync(work, { recursive: true })
  return name
}

const preinst = `#!/bin/sh
set -e

case $1 in install | upgrade) ;; *) exit 0 ;; esac

${refusals}`

/** The versions of libraries are those that Node.js 24 is linked with; systemd's is the oldest that reads the unit as meant. */
const control = (version: string, cpu: Cpu, size: number) => `Package: murphy
Version: ${debVersion(version)}
Architecture: ${architectures[cpu]}
Maintainer: The Murphy authors <murphy@packages.invalid>
Installed-Size: ${size}
Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 5), systemd (>= 247), init-system-helpers (>= 1.60)
Section: admin
Priority: optional
Description: diagnostic agent of a k3s node
 Murphy says what is wrong with this node of a k3s cluster, what follows from
 it, the next safe step, and what not to do. It watches certificates, firewall,
 pod network, memory and pods, and changes nothing.
 .
 It brings its own Node.js.
`

const changelog = (version: string, time: number) => `murphy (${debVersion(version)}) unstable; urgency=medium

  * Murphy ${version}.

 -- The Murphy authors <murphy@packages.invalid>  ${new Date(time * 1000).toUTCString().replace('GMT', '+0000')}
`

const copyright = (license: string) => `Murphy:

${license}
It contains Node.js, whose licence is in licence-of-node.gz, and packages of npm, whose licences are in
licences-of-packages.gz, both beside this file.
`
