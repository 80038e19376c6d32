import { execFile } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { leave } from '../../../agent/cli/leave.ts'
import { watching } from '../../../agent/daemon/watching.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { recording } from '../../../agent/host/recorder.ts'
import { certs } from '../../../collectors/certs/index.ts'
import { k3s } from '../../../collectors/k3s/index.ts'
import type { K3sSample } from '../../../collectors/k3s/sample.ts'
import { findProcess } from '../../../collectors/node/process.ts'

/**
 * Runs inside namespaces of its own: takes a command as JSON a line, answers one with the longest time, in ms, for
 * which nothing else could run meanwhile. SIGTERM ends it, as it ends the daemon.
 */
type Command =
  | { readonly do: 'sh'; readonly script: string }
  | { readonly do: 'find' }
  | { readonly do: 'look' }
  | { readonly do: 'end' }
  | { readonly do: 'certs'; readonly paths?: readonly string[]; readonly kubeconfigs?: readonly string[] }
  | { readonly do: 'text' | 'stat' | 'list' | 'owned'; readonly path: string; readonly options?: object }
  | { readonly do: 'watch'; readonly path: string }

const machine = openMachine()
const host = machine.during(new AbortController().signal)
const watch = watching({ machine, heard: () => {}, log: () => {} })
let past: { sample: K3sSample; at: number } | undefined
/** What is recorded of the last look at certificates. */
const folder = '/run/recorded'
const limits = { disk_percent: 90, disk_days: 3, stopped_minutes: 15, datastore_mib: 2048 }

async function answer(it: Command): Promise<unknown> {
  switch (it.do) {
    case 'sh':
      return (await promisify(execFile)('/bin/sh', ['-ec', it.script], { timeout: 20_000 })).stdout
    case 'find':
      return (await findProcess(host)) ?? null
    case 'end':
      return process.kill(process.pid, 'SIGTERM')
    case 'look': {
      const sample = await k3s.collect(host, limits, { ...past, heard: [] })
      past = { sample, at: host.now() }
      const found = k3s.assess(sample, { heard: [] }, limits, past.at).filter((it) => !it.starting)
      return { sample, found }
    }
    case 'certs': {
      const { kubeconfigs = ['/etc/none'], paths = [] } = it
      const settings = { paths, endpoints: [], kubeconfigs, ingress: [], warn_days: 30 }
      rmSync(folder, { recursive: true, force: true })
      const recorder = recording(host, folder, 'node')
      const sample = await certs.collect(recorder, settings, { heard: [] })
      recorder.finish()
      return sample
    }
    case 'watch':
      watch.update([{ kind: 'paths', paths: [it.path] }])
      // A name is looked up by the same four threads that read files.
      return (await lookup('127.0.0.1')).address
    case 'owned': {
      const { stat, bytes } = await host.owned(it.path, it.options)
      return { uid: stat.uid, text: bytes && Buffer.from(bytes).toString('utf8') }
    }
    default:
      return await host[it.do](it.path, it.options)
  }
}

const input = createInterface({ input: process.stdin })
process.on('SIGTERM', () => {
  input.close()
  process.stdin.destroy()
  watch.stop()
  machine.close()
  process.exitCode = 7
  leave()
})
for await (const line of input) {
  let last = performance.now()
  let pause = 0
  const beat = () => {
    pause = Math.max(pause, performance.now() - last)
    last = performance.now()
  }
  const timer = setInterval(beat, 10)
  const begun = performance.now()
  const said = await answer(JSON.parse(line)).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: (error as Error).message }),
  )
  clearInterval(timer)
  beat()
  process.stdout.write(`${JSON.stringify({ ...said, pause, took: performance.now() - begun })}\n`)
}
