import { collectors } from '../../../collectors/index.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'
import { matcher, scan } from '../../../collectors/pods/scan.ts'
import { bytesOf, kind, must, part } from '../kind.ts'
import { looked, raw } from '../looks.ts'
import type { Luck } from '../luck.ts'
import { mutated } from '../mutate.ts'
import { hostOf } from '../world.ts'

const shipped = matcher(patterns)
/** What programs print whose patterns are looked for, put into containerd's form. */
const said = patterns.flatMap((it) =>
  [...it.find, ...(it.over ?? [])].map((one) => one.replaceAll('*', ' x ')),
)
const folder = '/var/log/pods/default_web-69d67f5464-brmmn_a40b3825-68ec-46e5-b320-db2601e75afc/web'
const name = `file ${folder}/0.log`

function line(luck: Luck): string {
  const text = luck.odds(0.5)
    ? luck.pick(said)
    : luck.pick(['GET / 200', '{"level":"info","msg":"x"}', '', 'x'.repeat(400)])
  return `2026-11-23T00:${luck.below(50) + 10}:20.773434732Z ${luck.pick(['stdout', 'stderr'])} ${luck.pick(['F', 'F', 'P'])} ${text}\n`
}
const log = (luck: Luck) =>
  Buffer.from(Array.from({ length: luck.pick([1, 5, 60]) }, () => line(luck)).join(''))

export const cri = kind({
  name: 'cri',
  cases: 150,
  make: (luck) => [
    part('node', 'healthy'),
    part('first', mutated(luck, log(luck), [log(luck)])),
    part('then', mutated(luck, log(luck))),
  ],
  async hold(parts) {
    const bytes = Buffer.concat([bytesOf(parts, 'first'), bytesOf(parts, 'then')])
    scanned(bytes)
    const pods = collectors.find((it) => it.name === 'pods')
    if (!pods) return
    const node = (log: Buffer) => hostOf([...parts.filter((it) => it.name === 'node'), part(name, log)])
    const before = await looked(pods, node(bytesOf(parts, 'first')), { heard: [] })
    await looked(pods, node(bytes), {
      heard: [],
      ...(before?.sample && { sample: before.sample, at: before.at - 60_000 }),
    })
  },
  growth: {
    around: [
      '',
      '2026-11-23T00:29:20.773434732Z stdout P ',
      '2026-11-23T00:29:20.773434732Z stderr F ',
      '\n',
    ],
    pieces: [
      '2026-11-23T00:29:20.773434732Z stdout P a\n',
      '2026-11-23T00:29:20.773434732Z stderr P PANIC: \n',
      ' stdout P ',
      ' ',
      '\n',
      ...said.slice(0, 40),
      'PANIC',
      'postgres://a:b@',
    ],
    read: (bytes) => [scan(shipped, bytes), scan(shipped, bytes, { all: true })],
    most: 512 * 1024,
  },
})

function scanned(bytes: Buffer): void {
  for (const all of [false, true]) {
    const { used, found } = scan(shipped, bytes, { all })
    must(
      used >= 0 && used <= bytes.length,
      'no more is done with than there is',
      () => `${used} of ${bytes.length}`,
    )
    must(found.length <= patterns.length, 'each pattern once', () => `${found.length}`)
    for (const it of found) {
      must(
        !raw.test(it.excerpt ?? '') && (it.excerpt?.length ?? 0) < 300,
        'an excerpt is short and drives no terminal',
        () => JSON.stringify(it),
      )
      must(
        [it.first, it.last].every((at) => at === undefined || Number.isFinite(at)),
        'times are times',
        () => JSON.stringify(it),
      )
    }
  }
}
