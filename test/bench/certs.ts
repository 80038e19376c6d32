import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openMachine } from '../../agent/host/machine.ts'
import { certs } from '../../collectors/certs/index.ts'
import type { CertsSample } from '../../collectors/certs/sample.ts'

/**
 * 10,000 certificates: the first round, a round in which nothing changed, and beside them, in the same run,
 * `openssl x509 -enddate -noout` over the same files and reading the files alone. Budgets: 1 s and 50 ms.
 * `node test/bench/certs.ts [COUNT]`; exit code 1 when a budget is not kept.
 */
const count = Number(process.argv[2] ?? 10_000)
const sharedBy = 100
const folder = mkdtempSync(join(tmpdir(), 'murphy-bench-certs-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
const hex = (digits: string) => Buffer.from(digits, 'hex')
const text = (tag: number, value: string) => tlv(tag, Buffer.from(value))
const name = (value: string) => tlv(0x30, tlv(0x31, tlv(0x30, tlv(0x06, hex('550403')), text(0x0c, value))))

/** Each its own subject and serial, with the extensions k3s gives to its own; the signature is random, since nobody checks it here. */
function certificate(index: number, key: Buffer): Buffer {
  const algorithm = tlv(0x30, tlv(0x06, hex('2a8648ce3d040302')))
  const extension = (oid: string, value: Buffer) => tlv(0x30, tlv(0x06, hex(oid)), tlv(0x04, value))
  const body = tlv(
    0x30,
    ...[hex('a003020102'), tlv(0x02, Buffer.concat([hex('01'), randomBytes(8)])), algorithm],
    name('k3s-client-ca@1795392751'),
    tlv(0x30, text(0x17, '261123001231Z'), text(0x17, '361123001231Z')),
    ...[name(`bench-${index}.example`), key],
    tlv(
      0xa3,
      tlv(
        0x30,
        extension('551d0f', hex('030205a0')),
        extension('551d25', tlv(0x30, tlv(0x06, hex('2b06010505070301')))),
        extension('551d23', tlv(0x30, tlv(0x80, randomBytes(20)))),
        extension('551d11', tlv(0x30, text(0x82, `bench-${index}.example`))),
      ),
    ),
  )
  return tlv(0x30, body, algorithm, tlv(0x03, hex('00'), randomBytes(71)))
}

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
  type: 'spki',
  format: 'der',
})
const files: string[] = []
for (let index = 0; index < count; index += 1) {
  const at = join(folder, String(Math.floor(index / sharedBy)))
  if (index % sharedBy === 0) mkdirSync(at)
  const base64 = certificate(index, key).toString('base64').replace(/.{64}/g, '$&\n')
  const file = join(at, `${index}.pem`)
  writeFileSync(file, `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`)
  files.push(file)
}
// What changed within the last second is read again on purpose.
await pause(1_200)

const machine = openMachine()
const host = machine.during(new AbortController().signal)
const settings = { paths: [`${folder}/*`], endpoints: [], kubeconfigs: [], ingress: [], warn_days: 30 }
const before = process.memoryUsage().rss

async function round(past: CertsSample | undefined) {
  const begun = performance.now()
  const cpu = process.cpuUsage()
  const sample = await certs.collect(host, settings, { heard: [], ...(past && { sample: past }) })
  const told = certs.assess(sample, { heard: [] }, settings, Date.now())
  const { user, system } = process.cpuUsage(cpu)
  return { sample, told, took: performance.now() - begun, cpu: (user + system) / 1000 }
}
const median = (all: readonly number[]) =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] as number

const first = await round(undefined)
const memory = process.memoryUsage().rss - before
const seen = first.sample.files.filter((it) => it.path.startsWith(folder))
if (seen.length !== count || seen.some((it) => it.certificates.length !== 1))
  throw new Error(`${seen.length} of ${count} were read`)
const unchanged: number[] = []
let last = first.sample
for (let at = 0; at < 9; at += 1) {
  const again = await round(last)
  if (JSON.stringify(again.sample.files) !== JSON.stringify(first.sample.files))
    throw new Error('it said something else')
  last = again.sample
  unchanged.push(again.took)
}
machine.close()

const timed = (work: () => void) => {
  const begun = performance.now()
  work()
  return performance.now() - begun
}
const reading = median([0, 1, 2].map(() => timed(() => files.forEach((it) => void readFileSync(it)))))
// One process a certificate is how it is done with a shell; a hundredth of them says what all would take.
const part = files.filter((_, at) => at % 100 === 0)
const script = `while read -r at; do openssl x509 -enddate -noout -in "$at"; done > /dev/null`
const openssl =
  timed(() => {
    const ran = spawnSync('sh', ['-c', script], { input: `${part.join('\n')}\n` })
    if (ran.status !== 0) throw new Error(String(ran.stderr))
  }) * 100

const budget = { first: count / 10, unchanged: count / 200 }
const line = (what: string, ms: number, limit?: number) =>
  `${what.padEnd(42)}${ms.toFixed(0).padStart(8)} ms${limit === undefined ? '' : `   budget ${limit} ms${ms > limit ? '  NOT KEPT' : ''}`}\n`
process.stdout.write(
  line(`${count} certificates, first round`, first.took, budget.first) +
    line('nothing changed, median of 9', median(unchanged), budget.unchanged) +
    line('nothing changed, worst of 9', Math.max(...unchanged)) +
    line('reading the files alone', reading) +
    line('openssl x509 -enddate (1 %, times 100)', openssl) +
    `memory of the first round                 ${(memory / 1048576).toFixed(0).padStart(8)} MB\n` +
    `the sample as JSON                        ${(JSON.stringify(first.sample).length / 1048576).toFixed(1).padStart(8)} MB\n`,
)
process.exitCode = first.took > budget.first || median(unchanged) > budget.unchanged ? 1 : 0
