import { lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { spent } from '../../../agent/host/spent.ts'
import { certs } from '../../../collectors/certs/index.ts'
import type { CertsSample } from '../../../collectors/certs/sample.ts'
import { repeat } from '../measure.ts'
import type { Row } from '../table.ts'
import { writeCertificates } from './many-certificates.ts'
import { roundsOf } from './rounds.ts'

/** CPU of the first round and of one in which nothing changed, as the daemon makes them, against asking for the state of each file. */
export async function certsRows(count = 10_000, rounds = 9): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-bench-certs-'))
  const paths = writeCertificates(folder, count)
  // Whatever k3s runs on this machine is no part of it.
  const its = roundsOf(certs, { paths: [`${folder}/*`] }, (host) => ({
    ...host,
    list: async (path) => (path === '/proc' ? [] : await host.list(path)),
  }))
  try {
    // What changed a moment ago is read again on purpose.
    await pause(3_000)
    const first = await its.round()
    const { files } = first.outcome.sample as CertsSample
    const seen = files.filter((it) => it.path.startsWith(folder))
    if (seen.length !== count || seen.some((it) => it.certificates.length !== 1))
      throw new Error(`${seen.length} of ${count} certificates were read`)
    const states: number[] = []
    const unchanged = await repeat(rounds, async () => {
      const before = spent()
      for (const it of paths) lstatSync(it)
      states.push(spent() - before)
      const { outcome, cpu } = await its.round()
      if (JSON.stringify((outcome.sample as CertsSample).files) !== JSON.stringify(files))
        throw new Error('a round in which nothing changed said something else')
      return cpu
    })
    const floor = { what: 'lstat of each', value: states.toSorted((a, b) => a - b)[rounds >> 1] ?? 0 }
    return [
      { what: `${count} certs, first round`, unit: 'ms', values: [first.cpu], budget: count / 10, floor },
      { what: `${count} certs unchanged`, unit: 'ms', values: unchanged, budget: count / 200, floor },
    ]
  } finally {
    await its.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
