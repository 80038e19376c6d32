import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** One file of a folder: its path in it, and its size in bytes. */
export interface Written {
  readonly path: string
  readonly size: number
}

/** A folder filled with data from a possibly hostile node: only root may read it, and nothing is written outside it. */
export interface Folder {
  /** Writes a file, or a part of it at `from`, with a hole before it. Does nothing where a link is in the way. */
  write(path: string, content: string | Uint8Array, from?: number): void
  /** Makes a link, unless something is there. */
  link(path: string, to: string): void
  contents(): readonly Written[]
}

/** `root` is new or empty, and nobody else writes there; `..` never leads above it. Throws file system errors. */
export function openFolder(root: string): Folder {
  const written = new Map<string, number>()
  /** Makes the folders above a path. False if one of them is not a folder: links point to paths on the node. */
  const made = (path: string) => {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    const parts = dirname(path)
      .split('/')
      .filter((it) => it !== '' && it !== '.')
    return parts.every((_, at) => {
      const parent = join(root, ...parts.slice(0, at + 1))
      if (!lstatSync(parent, { throwIfNoEntry: false })) mkdirSync(parent, { mode: 0o700 })
      return lstatSync(parent).isDirectory()
    })
  }
  const inside = (path: string) => resolve('/', path).slice(1)
  return {
    write(name, content, from) {
      const path = inside(name)
      if (!made(path)) return
      const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants
      try {
        const whole = from === undefined ? O_TRUNC : 0
        const fd = openSync(join(root, path), O_WRONLY | O_CREAT | O_NOFOLLOW | whole, 0o600)
        try {
          const bytes = Buffer.from(content)
          writeSync(fd, bytes, 0, bytes.length, from ?? 0)
          written.set(path, fstatSync(fd).size)
        } finally {
          closeSync(fd)
        }
      } catch (error) {
        if (!isInTheWay(error)) throw error
      }
    },
    link(name, to) {
      const path = inside(name)
      if (!made(path)) return
      try {
        symlinkSync(to, join(root, path))
      } catch (error) {
        if (!isInTheWay(error)) throw error
      }
    },
    contents: () => [...written].map(([path, size]) => ({ path, size })),
  }
}

/** The same path was a file, a folder or a link a moment before. */
const isInTheWay = (error: unknown) =>
  ['EEXIST', 'ELOOP', 'EISDIR', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))
