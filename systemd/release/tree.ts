import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Runtime } from './runtime.ts'

/** What an unpacked release is made of. */
export interface Parts {
  /** The checkout. */
  readonly root: string
  /** The folder of the bundled program. */
  readonly agent: string
  readonly runtime: Runtime
  /** The text of install.sh. */
  readonly installer: string
}

/** The names under which it can be called. */
export const names = ['murphy', 'agent'] as const

/** Who asks, and what is answered: completion and manual, by their places in a folder `share`. */
const help = (name: string): readonly (readonly [path: string, ...args: string[]])[] => [
  [`bash-completion/completions/${name}`, 'completion', 'bash'],
  [`zsh/site-functions/_${name}`, 'completion', 'zsh'],
  [`fish/vendor_completions.d/${name}.fish`, 'completion', 'fish'],
  [`man/man1/${name}.1`, 'man'],
]

/** Puts files into a folder by their paths there, and makes the folders in between. */
export function filesIn(folder: string) {
  const place = (path: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    return join(folder, path)
  }
  return {
    put: (path: string, content: string | Buffer) => writeFileSync(place(path), content),
    copy: (from: string, path: string) => copyFileSync(from, place(path)),
  }
}

/** An unpacked release in a new folder, as install.sh knows it (`find_program`, `stage_program`). */
export function layOut(folder: string, { root, agent, runtime, installer }: Parts): void {
  const { put, copy } = filesIn(folder)
  put('install.sh', installer)
  copy(join(root, 'LICENSE'), 'LICENSE')
  copy(runtime.node, 'runtime/node')
  copy(runtime.license, 'runtime/LICENSE')
  cpSync(agent, join(folder, 'dist/agent'), { recursive: true })
  // What installs it, without what builds it.
  for (const it of readdirSync(join(root, 'systemd'), { withFileTypes: true }))
    if (it.isFile() && !it.name.endsWith('.ts')) copy(join(root, 'systemd', it.name), `systemd/${it.name}`)
  for (const [path, text] of helpOf(join(folder, 'dist/agent/main.js'))) put(`share/${path}`, text)
  setModes(folder, new Set(['install.sh', 'runtime/node', 'systemd/motd']))
}

/** As install.sh would have the program write them, for each name. */
function helpOf(program: string): (readonly [path: string, text: string])[] {
  return names.flatMap((name) =>
    help(name).map(([path, ...args]) => {
      const env = { ...process.env, MURPHY_COMMAND: name }
      return [path, execFileSync(process.execPath, [program, ...args], { encoding: 'utf8', env })] as const
    }),
  )
}

/** Folders and `programs` (by their paths in the folder) 0755, all else 0644: no umask, and no checkout, is seen in it. */
export function setModes(folder: string, programs: ReadonlySet<string>, path = ''): void {
  chmodSync(join(folder, path), 0o755)
  for (const it of readdirSync(join(folder, path), { withFileTypes: true })) {
    const own = path ? `${path}/${it.name}` : it.name
    if (it.isDirectory()) setModes(folder, programs, own)
    else if (it.isFile()) chmodSync(join(folder, own), programs.has(own) ? 0o755 : 0o644)
  }
}
