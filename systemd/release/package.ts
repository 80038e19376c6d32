import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { names, setModes } from './tree.ts'

/** Where a package of a distribution has the program. /opt belongs to whoever administers the machine. */
const home = '/usr/lib/murphy'

/** What is the same for whoever makes a package: the files of it, from an unpacked release, in a new folder. */
export function layOutPackage(folder: string, release: string): void {
  const place = (path: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    return join(folder, path)
  }
  const put = (path: string, content: string | Buffer) => writeFileSync(place(path), content)
  const text = (path: string) => readFileSync(join(release, path), 'utf8')
  /** The program is elsewhere than where install.sh puts it. */
  const moved = (path: string) => text(path).replaceAll('/opt/murphy', home)

  copyFileSync(join(release, 'runtime/node'), place('usr/lib/murphy/node'))
  cpSync(join(release, 'dist/agent'), place('usr/lib/murphy/agent'), { recursive: true })
  const wrapper = `#!/bin/sh\nMURPHY_COMMAND=\${0##*/} exec ${home}/node ${home}/agent/main.js "$@"\n`
  put('usr/lib/murphy/bin/murphy', wrapper)
  for (const name of names) symlinkSync('../lib/murphy/bin/murphy', place(`usr/bin/${name}`))
  put('usr/lib/systemd/system/murphy.service', moved('systemd/murphy.service'))
  put('usr/lib/sysusers.d/murphy.conf', 'u murphy - "Murphy" /var/lib/murphy\n')
  put('usr/share/murphy/config.yaml', text('systemd/config.yaml'))
  for (const name of names) {
    put(`usr/share/man/man1/${name}.1.gz`, packed(text(`share/man/man1/${name}.1`)))
    put(`usr/share/bash-completion/completions/${name}`, text(`share/bash-completion/completions/${name}`))
    put(
      `usr/share/fish/vendor_completions.d/${name}.fish`,
      text(`share/fish/vendor_completions.d/${name}.fish`),
    )
  }
  put('etc/update-motd.d/60-murphy', moved('systemd/motd'))
  setModes(folder, new Set(programs))
}

/** What of a package can be run. */
export const programs = [
  'usr/lib/murphy/node',
  'usr/lib/murphy/bin/murphy',
  'etc/update-motd.d/60-murphy',
] as const

/** As `gzip -9n` would, by the zlib of the locked Node.js. */
export const packed = (text: string | Buffer): Buffer => gzipSync(text, { level: 9 })

/** Every file below a folder, by its path from there, sorted; links are none. */
export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name).slice(folder.length + 1))
    .sort((a, b) => (a < b ? -1 : 1))
