import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/**
 * A folder as tar.gz (ustar), the same bytes wherever it is made: sorted, all of it root's and of one time (seconds
 * since 1970), packed by the zlib of the Node.js that the lock file names. Modes are those on the disk. `level`: 1 to 9.
 */
export function archive(folder: string, top: string, time: number, level = 6): Buffer {
  const parts: Buffer[] = []
  const add = (path: string, name: string) => {
    const stat = lstatSync(path)
    const link = stat.isSymbolicLink() ? readlinkSync(path) : ''
    const content = stat.isFile() ? readFileSync(path) : Buffer.alloc(0)
    const kind = stat.isDirectory() ? '5' : link ? '2' : '0'
    parts.push(
      header({
        name: kind === '5' ? `${name}/` : name,
        mode: stat.mode,
        size: content.length,
        time,
        kind,
        link,
      }),
      content,
      Buffer.alloc((block - (content.length % block)) % block),
    )
    if (kind === '5') for (const it of readdirSync(path).sort()) add(join(path, it), `${name}/${it}`)
  }
  add(folder, top)
  // Level 9 makes it 0.3 % smaller in more than twice the time.
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * block)]), { level })
}

const block = 512

interface Header {
  readonly name: string
  readonly mode: number
  readonly size: number
  readonly time: number
  /** 0 a file, 2 a link, 5 a folder. */
  readonly kind: '0' | '2' | '5'
  readonly link: string
}

/** POSIX.1-1988 ustar: fields by their places, numbers in octal, a sum over all of it. */
function header({ name, mode, size, time, kind, link }: Header): Buffer {
  const [prefix, rest] = split(name)
  const it = Buffer.alloc(block)
  it.write(rest, 0)
  it.write(octal(mode & 0o7777, 8), 100)
  it.write(octal(0, 8), 108)
  it.write(octal(0, 8), 116)
  it.write(octal(size, 12), 124)
  it.write(octal(time, 12), 136)
  it.write(' '.repeat(8), 148)
  it.write(kind, 156)
  it.write(link, 157)
  it.write('ustar\u000000', 257)
  it.write('root', 265)
  it.write('root', 297)
  it.write(prefix, 345)
  const sum = it.reduce((a, b) => a + b, 0)
  it.write(`${octal(sum, 7)}\0 `.slice(0, 8), 148)
  return it
}

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`

/** A name of more than 100 bytes is cut at a slash, and its front goes elsewhere. */
function split(name: string): readonly [prefix: string, rest: string] {
  if (Buffer.byteLength(name) <= 100) return ['', name]
  const at = [...name.matchAll(/\/(?=.)/g)].find(
    ({ index }) => Buffer.byteLength(name.slice(index + 1)) <= 100,
  )
  if (!at || at.index > 155) throw new Error(`too long a name for tar: ${name}`)
  return [name.slice(0, at.index), name.slice(at.index + 1)]
}
