import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { filesIn, names, setModes } from './tree.ts'

/**
 * What is the same for whoever makes a package: the files of it, from an unpacked release, in a new folder. `home` is
 * where the distribution has programs that others call; /opt belongs to whoever administers the machine.
 */
export function layOutPackage(folder: string, release: string, home: string): void {
  const { put, copy } = filesIn(folder)
  const text = (path: string) => readFileSync(join(release, path), 'utf8')
  /** The program is elsewhere than where install.sh puts it. */
  const moved = (path: string) => text(path).replaceAll('/opt/murphy', home)

  copy(join(release, 'runtime/node'), `${home}/bin/node`)
  cpSync(join(release, 'dist/agent'), join(folder, home, 'agent'), { recursive: true })
  const wrapper = `#!/bin/sh\nMURPHY_COMMAND=\${0##*/} exec ${home}/bin/node ${home}/agent/main.js "$@"\n`
  put(`${home}/bin/murphy`, wrapper)
  mkdirSync(join(folder, 'usr/bin'), { recursive: true })
  for (const name of names)
    symlinkSync(`..${home.slice('/usr'.length)}/bin/murphy`, join(folder, 'usr/bin', name))
  for (const it of ['murphy.service', 'murphy-last-word.service'])
    put(`usr/lib/systemd/system/${it}`, moved(`systemd/${it}`))
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
}

/** Sets all modes of it: by its place what can be run can be run. */
export const setPackageModes = (folder: string, home: string): void =>
  setModes(
    folder,
    new Set([`${home.slice(1)}/bin/node`, `${home.slice(1)}/bin/murphy`, 'etc/update-motd.d/60-murphy']),
  )

/** What both refuse before they unpack, in the shell: two installations, and an account that is somebody's. */
export const refusals: string = readFileSync(new URL('refusals', import.meta.url), 'utf8')

/** As `gzip -9n` would, by the zlib of the locked Node.js. */
export const packed = (text: string | Buffer): Buffer => gzipSync(text, { level: 9 })

/** Every file below a folder, by its path from there, sorted; links are none. */
export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name).slice(folder.length + 1))
    .sort((a, b) => (a < b ? -1 : 1))
