import { execFileSync } from 'node:child_process'
import { randomBytes, X509Certificate } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { defaults } from '../../agent/config/defaults.ts'
import { openMachine } from '../../agent/host/machine.ts'
import { type Host, opaque } from '../../agent/model/index.ts'
import { certs } from '../../collectors/certs/index.ts'
import { findProcess } from '../../collectors/node/process.ts'
import { growthOf, readOn } from '../../collectors/pods/grow.ts'
import { patterns } from '../../collectors/pods/patterns.ts'
import { matcher } from '../../collectors/pods/scan.ts'
import type { Subject } from './growth.ts'
import { makeContainers } from './many.ts'
import { cpuIn } from './measure.ts'
import { quietRound } from './quiet.ts'
import { recorded } from './recorded.ts'

/** What is read of files: real ones, at a place of their own. */

async function inFolder<T>(work: (folder: string, host: Host) => Promise<T>): Promise<T> {
  const folder = mkdtempSync('/dev/shm/murphy-bench-')
  const machine = openMachine()
  try {
    return await work(folder, machine.during(AbortSignal.timeout(600_000)))
  } finally {
    machine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A quiet round at so many containers, at their places in a namespace of mounts. */
const quietPods = (name: string) => (count: number) =>
  inFolder(async (folder) => {
    makeContainers(folder, count)
    // What changed within the last two seconds is listed again on purpose.
    await pause(2_200)
    const program = `${process.execPath} ${join(import.meta.dirname, 'quiet.ts')} ${name}`
    const mounts = ['var/log', 'sys/fs/cgroup'].map((it) => `mount --bind ${folder}/${it} /${it}`)
    const script = [...mounts, program].join('\n')
    return Number(execFileSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', script]))
  })

/** So many certificates, each with a serial of its own; who signed them nobody checks here. */
const certificates = (count: number, unchanged: boolean) =>
  inFolder(async (folder, host) => {
    const path = join(recorded, 'files/var/lib/rancher/k3s/server/tls/client-admin.crt')
    const { raw, serialNumber } = new X509Certificate(await host.text(path))
    const serial = Buffer.from(serialNumber, 'hex')
    for (let index = 0; index < count; index += 1) {
      const der = Buffer.from(raw)
      randomBytes(serial.length - 1).copy(der, der.indexOf(serial) + 1)
      const base64 = der.toString('base64').replace(/.{64}/g, '$&\n')
      writeFileSync(
        join(folder, `${index}.pem`),
        `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
      )
    }
    // What changed within the last second is read again on purpose.
    await pause(1_200)
    const settings = { paths: [`${folder}/*`] }
    if (unchanged) return quietRound(opaque(certs), host, settings)
    const all = { ...defaults(certs.settings), ...settings }
    return cpuIn(() => certs.collect(host, all, { heard: [] }))
  })

const line = (at: number) =>
  `2026-11-23T00:29:20.${100_000_000 + at}Z stdout F 10.42.0.${at % 255} - - [23/Nov/2026:00:29:20 +0000] "GET /api/items/${at}?page=3 HTTP/1.1" 200 ${at % 9999}\n`

/** What a look costs at a log that has grown by so many bytes. */
const logBytes = (bytes: number) =>
  inFolder(async (folder, host) => {
    const file = join(folder, '0.log')
    for (let written = 0, at = 0; written < bytes; at += 1) {
      const block = Array.from({ length: 700 }, (_, index) => line(at * 700 + index)).join('')
      appendFileSync(file, block.slice(0, bytes - written))
      written += block.length
    }
    const stat = await host.stat(file)
    const all = matcher(patterns)
    return cpuIn(async () => {
      const grown = await growthOf(host, folder, [0, stat.ino, 0], { stat })
      if (!grown || grown.bytes !== bytes) throw new Error(`${grown?.bytes} of ${bytes} bytes`)
      await readOn(host, grown, all)
    })
  })

/** Looking for k3s among so many processes: the kernel is asked about one of them again and again. */
const processes = (count: number) =>
  inFolder((_, host) => {
    const all = Array.from({ length: count }, (_it, at) => ({ name: `${at + 1}`, kind: 'folder' as const }))
    const its: Host = {
      ...host,
      list: async () => all,
      text: (path, options) => host.text(path.replace(/^\/proc\/\d+/, `/proc/${process.pid}`), options),
    }
    return cpuIn(() => findProcess(its))
  })

export const fileSubjects: readonly Subject[] = [
  { of: 'certs', work: 'certificates, first round', common: 23, cost: (it) => certificates(it, false) },
  { of: 'certs', work: 'certificates, unchanged', common: 23, cost: (it) => certificates(it, true) },
  {
    ...{ of: 'memory', work: 'containers', common: 10, cost: quietPods('memory') },
    bound: { most: 500, what: 'the others are said to be left out' },
  },
  {
    ...{ of: 'pods', work: 'containers', common: 10, cost: quietPods('pods') },
    bound: { most: 500, what: 'the others have their turn in later rounds' },
  },
  {
    ...{ of: 'pods', work: 'bytes of a log', common: 100_000, cost: logBytes },
    bound: { most: 256 * 2 ** 20, what: 'older lines are given up, which is said' },
  },
  { of: 'k3s', work: 'processes, while no k3s is known', common: 150, cost: processes },
]
