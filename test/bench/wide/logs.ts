import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../../../agent/model/index.ts'
import { pods } from '../../../collectors/pods/index.ts'
import { repeat } from '../measure.ts'
import type { Row } from '../table.ts'
import { roundsOf } from './rounds.ts'

const line = (at: number) =>
  `2026-11-23T00:29:20.${(773_434_732 + at) % 1_000_000_000}Z stdout F 10.42.0.${at % 255} - - [23/Nov/2026:00:29:20 +0000] "GET /api/items/${at}?page=3 HTTP/1.1" 200 ${at % 9999} "-" "curl/7.88.1"\n`

/** A second's log of a container, bytes. */
const perSecond = 1_000

/** What the logs of so many containers cost of a core, each growing by 1 kB a second, at a round a minute as scheduled. */
export async function logsRows(counts: readonly number[] = [50, 500], rounds = 6): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const count of counts) rows.push(await rowOf(count, rounds))
  return rows
}

async function rowOf(count: number, rounds: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-bench-logs-'))
  const there = (path: string) => (path.startsWith('/var/') ? join(folder, path) : path)
  mkdirSync(there('/var/log/containers'), { recursive: true })
  const files = Array.from({ length: count }, (_, at) => {
    const its = there(`/var/log/pods/shop_web-${at}_${`${at}`.padStart(32, '0')}/app`)
    mkdirSync(its, { recursive: true })
    writeFileSync(join(its, '0.log'), line(at))
    symlinkSync('x', there(`/var/log/containers/web-${at}_shop_app-${`${at}`.padStart(64, 'a')}.log`))
    return join(its, '0.log')
  })
  let grown = ''
  for (let at = 0; grown.length < 60 * perSecond; at += 1) grown += line(at)
  const its = roundsOf(
    pods,
    {},
    (host): Host => ({
      ...host,
      list: (path) => host.list(there(path)),
      stat: (path) => host.stat(there(path)),
      stats: (paths) => host.stats(paths.map(there)),
      range: (path, from, length, options) => host.range(there(path), from, length, options),
    }),
  )
  try {
    await repeat(2, its.round)
    const quiet: number[] = []
    const growing = await repeat(rounds, async () => {
      quiet.push((await its.round()).cpu)
      for (const it of files) appendFileSync(it, grown)
      const { outcome, cpu } = await its.round()
      if (outcome.unseen.length > 0) throw new Error(`not read: ${JSON.stringify(outcome.unseen)}`)
      return cpu
    })
    const share = (ms: number) => ms / 600
    return {
      what: `logs of ${count} containers, 1 kB/s each`,
      unit: '%',
      values: growing.map(share),
      ...(count >= 500 && { budget: 0.5 }),
      floor: { what: 'while they are silent', value: share(Math.min(...quiet)) },
    }
  } finally {
    await its.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
