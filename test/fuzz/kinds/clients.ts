import { patterns } from '../../../collectors/pods/patterns.ts'
import { insideAt } from '../../../collectors/pods/pieces.ts'
import { matcher, scan } from '../../../collectors/pods/scan.ts'
import { forged, servers, time } from '../../collectors/pods/clients.ts'
import { cri } from '../../collectors/pods/node.ts'
import { kind, must, part, textOf } from '../kind.ts'
import type { Luck } from '../luck.ts'

const shipped = matcher(patterns)
const critical = new Set(patterns.filter((it) => it.severity === 'critical').map((it) => it.name))
const at = Date.parse('2026-11-23T00:31:08Z')

/** A text that a client says: lines that a server might have written, and what joins them. */
function said(luck: Luck, most: number): string {
  const its = Array.from({ length: luck.below(5) + 1 }, () =>
    luck.pick([
      luck.pick(forged),
      `\n${luck.pick(forged)}\n`,
      luck.pick(['\n', '\n\n', '\t', ' ', '"', "'", '@', ',', '=', 'x', '\r', '\\', '\0']),
      luck.pick([
        `${time} `,
        '[1] ',
        'LOG:  ',
        'FATAL:  ',
        'STATEMENT:  ',
        "'@'x' (using password: NO)",
        'a@b ',
      ]),
    ]),
  ).join('')
  return Buffer.from(its).subarray(0, most).toString()
}

/** A name that ends the prefix can end it in any form; then only what the server says shows that it was one. */
const forms = Object.fromEntries(Object.entries(servers).filter(([name]) => !/at the end|Spilo/.test(name)))

/** What refused clients make a server print, with names of all the bytes that it keeps, lines of its own in between. */
export const names = kind({
  name: 'names',
  cases: 200,
  make: (luck) => {
    const clients = Array.from({ length: luck.below(3) + 1 }, () => [
      part('user', said(luck, 128)),
      part('database', luck.odds(0.5) ? said(luck, 63) : 'shop'),
    ])
    return [part('server', luck.pick(Object.keys(forms))), ...clients.flat()]
  },
  hold(parts) {
    const server = textOf(parts, 'server')
    const line = forms[server]
    if (!line) return
    const all = (name: string, most: number) =>
      parts.flatMap((it) =>
        it.name === name ? it.bytes.subarray(0, most).toString().replaceAll('\0', '') : [],
      )
    const databases = all('database', 63)
    const lines = all('user', server === "MariaDB's" ? 128 : 63).flatMap((user, at) =>
      line(user, databases[at]).split('\n'),
    )
    undecided(Buffer.from(lines.map((it) => cri(it, at)).join('')))
  },
})

/** A statement, a path or a User-Agent longer than containerd's lines, read in parts of any size. */
export const statements = kind({
  name: 'statements',
  cases: 75,
  make: (luck) => {
    const size = luck.pick([40, 200, 16_384])
    const filled = luck.below(40) * size
    const text =
      `${time} [7] ${luck.pick(['STATEMENT:  select ', 'LOG:  statement: select ', 'ERROR:  no "'])}`.padEnd(
        filled,
        'x',
      )
    return [
      part('statement', `${text}${luck.pick(forged)}${'y'.repeat(luck.below(3) * size)}`),
      part('piece', String(size)),
      part('looks', luck.pick(['700', '5000', '70000', '524288'])),
    ]
  },
  hold(parts) {
    const [text, size] = [textOf(parts, 'statement'), Math.max(1, Number(textOf(parts, 'piece')) || 1)]
    if (!/^\d{4}-.{20,30} \[7\] (?:STATEMENT|LOG|ERROR): {2}\S/.test(text)) return
    const count = Math.ceil(text.length / size)
    const pieces = Array.from({ length: count }, (_, it) =>
      cri(text.slice(it * size, (it + 1) * size), at, 'stderr', it < count - 1 ? 'P' : 'F'),
    )
    undecided(Buffer.from(pieces.join('')), Math.max(100, Number(textOf(parts, 'looks')) || 0))
  },
})

/** Reads bytes as looks do, so many at most at a time, and says what must not be. */
function undecided(bytes: Buffer, most = bytes.length): void {
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + most)
    const bounds = { from, to, inside: insideAt(bytes, from) }
    let scanned = scan(shipped, bytes, bounds)
    if (scanned.used === 0) scanned = scan(shipped, bytes, { ...bounds, all: true })
    for (const it of scanned.found)
      must(
        !critical.has(it.name) && !it.over,
        'what a client says decides nothing',
        () => `${it.name}${it.over ? ' is over' : ''}: ${it.excerpt}`,
      )
    // A line longer than that is left out, as readPart does.
    const lineEnd = bytes.indexOf('\n', from + scanned.used)
    from = scanned.used > 0 ? from + scanned.used : lineEnd < 0 ? bytes.length : lineEnd + 1
  }
}
