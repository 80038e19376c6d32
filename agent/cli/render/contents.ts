import type { Terminal } from '../../model/index.ts'
import { many } from '../../text/lists.ts'
import { safe } from '../../text/sanitize.ts'
import { size } from '../../text/sizes.ts'
import { paint } from '../../text/terminal.ts'

/** A file by its path in a folder, and its size in bytes. */
interface File {
  readonly path: string
  readonly size: number
}

/** One row: a file, or all files below one folder. */
interface Group {
  readonly path: string
  readonly files: readonly File[]
}

/** How many rows fit on a screen of 24 lines with the text around them. */
const mostRows = 16

/** What is in a folder, on one screen: grouped by folders, as deep as there is room, the largest first. */
export function contents(files: readonly File[], terminal: Terminal): string {
  const rows = grouped(files, mostRows)
  const width = Math.min(terminal.width - 24, Math.max(...rows.map(({ path }) => path.length), 4))
  const row = ({ path, files }: Group) => {
    const name = safe(path)
    const shown = name.length > width ? `…${name.slice(1 - width)}` : name.padEnd(width)
    const count = files.length === 1 ? '' : many(files.length, 'file')
    return `  ${shown}  ${count.padStart(10)}  ${size(files.reduce((sum, it) => sum + it.size, 0)).padStart(9)}`
  }
  const total = files.reduce((sum, it) => sum + it.size, 0)
  return [
    ...rows.map(row),
    paint(
      terminal,
      'bold',
      `  ${'in all'.padEnd(width)}  ${many(files.length, 'file').padStart(10)}  ${size(total).padStart(9)}`,
    ),
  ].join('\n')
}

function grouped(files: readonly File[], most: number): Group[] {
  let groups = split({ path: '', files })
  for (;;) {
    const fullest = groups
      .filter((it) => it.files.length > 1)
      .toSorted((a, b) => b.files.length - a.files.length)
      .map((it) => ({ it, parts: split(it) }))
      .find(({ parts }) => groups.length - 1 + parts.length <= most)
    if (!fullest) return groups.toSorted((a, b) => (a.path < b.path ? -1 : 1))
    groups = [...groups.filter((it) => it !== fullest.it), ...fullest.parts]
  }
}

/** Splits a group one folder deeper; folders that hold only one folder are skipped. */
function split({ path, files }: Group): Group[] {
  const parts = new Map<string, File[]>()
  for (const file of files) {
    const end = file.path.indexOf('/', path.length)
    const part = end < 0 ? file.path : file.path.slice(0, end + 1)
    const its = parts.get(part)
    if (its) its.push(file)
    else parts.set(part, [file])
  }
  return [...parts].map(([part, its]) => {
    if (its.length === 1 && its[0]) return { path: its[0].path, files: its }
    const [only, ...more] = split({ path: part, files: its })
    return only && more.length === 0 ? only : { path: part, files: its }
  })
}
