import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Recording } from '../../agent/host/recording.ts'

/** What generators begin with: what real nodes had in their files and answered to commands. */
const folder = join(import.meta.dirname, '../nodes')

export const nodes: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((it) => it.isDirectory())
  .map((it) => it.name)
  .sort()

export const folderOf = (node: string) => join(folder, node)

/** Below `files/` or `commands/` of a node: paths from there on, with a leading slash. */
export const pathsOf = (node: string, part: 'files' | 'commands'): readonly string[] =>
  readdirSync(join(folder, node, part), { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name).slice(join(folder, node, part).length))
    .sort()

/** The contents, none twice, of what has such a path on any node. */
export function recorded(part: 'files' | 'commands', path: RegExp): readonly Buffer[] {
  const all = new Map<string, Buffer>()
  for (const node of nodes)
    for (const it of pathsOf(node, part).filter((name) => path.test(name))) {
      const file = join(folder, node, part, it)
      if (statSync(file).size > 1024 * 1024) continue
      const bytes = readFileSync(file)
      all.set(bytes.toString('latin1'), bytes)
    }
  return [...all.values()]
}

export const recordingOf = (node: string): Recording =>
  JSON.parse(readFileSync(join(folder, node, 'node.json'), 'utf8')) as Recording
