import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { crc32, deflateSync, inflateSync } from 'node:zlib'

/**
 * Pictures of messages for the README, drawn by Chromium of a page. Each holds the page that it was made of, so that a
 * test can tell, without Chromium, whether it is current.
 *
 * PNG (W3C, third edition): 8 bytes of signature, then chunks: length (4 bytes, big-endian), type (4), data, CRC-32 of
 * type and data. International text (iTXt) is keyword, 0, compressed or not, method, language, 0, keyword in that
 * language, 0, UTF-8.
 */
const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
const keyword = 'made of'
const chromium = process.env.CHROMIUM ?? 'chromium'
const timeout = 120_000

interface Chunk {
  readonly type: string
  readonly data: Buffer
}

function chunksOf(png: Buffer): readonly Chunk[] {
  if (!png.subarray(0, 8).equals(signature)) throw new Error('not a PNG: it begins otherwise')
  const all: Chunk[] = []
  for (let at = 8; at + 12 <= png.length; ) {
    const length = png.readUInt32BE(at)
    all.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length),
    })
    at += 12 + length
  }
  return all
}

function written({ type, data }: Chunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}

const head = Buffer.from(`${keyword}\0\0\0\0\0`)

/** The picture with the page that it was made of, and its pixels compressed as well as can be. */
export function withPage(png: Buffer, page: string): Buffer {
  const all = chunksOf(png)
  const of = (type: string) => all.filter((it) => it.type === type).map(({ data }) => data)
  const chunks = [
    { type: 'IHDR', data: Buffer.concat(of('IHDR')) },
    { type: 'iTXt', data: Buffer.concat([head, Buffer.from(page)]) },
    { type: 'IDAT', data: deflateSync(inflateSync(Buffer.concat(of('IDAT'))), { level: 9, memLevel: 9 }) },
    { type: 'IEND', data: Buffer.alloc(0) },
  ]
  return Buffer.concat([signature, ...chunks.map(written)])
}

/** The page that a picture was made of, if it says so. */
export const pageOf = (png: Buffer): string | undefined =>
  chunksOf(png)
    .find(({ type, data }) => type === 'iTXt' && data.subarray(0, head.length).equals(head))
    ?.data.toString('utf8', head.length)

/**
 * Draws a page and writes the picture, `width` wide and as high as `<body>` is, with five pixels for four of CSS's, which keeps it small.
 * Throws where Chromium is missing or fails.
 */
export function draw(page: string, path: string, width: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-picture-'))
  try {
    const [html, png] = [join(folder, 'page.html'), join(folder, 'page.png')]
    const run = (...args: readonly string[]) => {
      const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run']
      const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync']
      const its = [
        `--user-data-dir=${join(folder, 'profile')}`,
        '--force-device-scale-factor=1.25',
        '--disable-lcd-text',
      ]
      const { status, stdout, stderr, error } = spawnSync(
        chromium,
        [...flags, ...quiet, ...its, ...args, pathToFileURL(html).href],
        { encoding: 'utf8', timeout },
      )
      if (error || status !== 0)
        throw new Error(
          `${chromium} did not draw ${path} (${error?.message ?? stderr.trim().split('\n').at(-1)}): apt-get install chromium fonts-noto-color-emoji, or set CHROMIUM`,
        )
      return stdout
    }
    // How high it is, the page itself says once it is laid out.
    const measure = '<script>document.title = document.body.offsetHeight</script>'
    writeFileSync(html, page + measure)
    const [, high = ''] = /<title>(\d+)<\/title>/.exec(run(`--window-size=${width},800`, '--dump-dom')) ?? []
    if (!Number(high)) throw new Error(`${chromium} did not say how high ${path} is`)
    writeFileSync(html, page)
    run(`--window-size=${width},${high}`, `--screenshot=${png}`)
    writeFileSync(path, withPage(readFileSync(png), page))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
