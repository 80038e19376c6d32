import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openMachine } from '../../../agent/host/machine.ts'
import { k3s } from '../../../collectors/k3s/index.ts'
import type { K3sSample } from '../../../collectors/k3s/sample.ts'

/**
 * Runs inside namespaces of its own (network, mounts, processes): takes a command as JSON a line, answers
 * one. `sh` runs a script, `start` and `kill` the stand-in, `look` does one round on this real machine.
 */
type Command =
  | { readonly do: 'sh'; readonly script: string }
  | { readonly do: 'start' }
  | { readonly do: 'kill' }
  | { readonly do: 'look'; readonly shift: number }

export const data = '/var/lib/rancher/k3s'
const settings = { disk_percent: 90, disk_days: 3, stopped_minutes: 15, datastore_mib: 2048 }
const machine = openMachine()
const host = machine.during(new AbortController().signal)
let child: ChildProcess | undefined
let past: { sample: K3sSample; at: number } | undefined

async function answer(it: Command): Promise<unknown> {
  switch (it.do) {
    case 'sh':
      return execFileSync('/bin/sh', ['-ec', it.script], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      })
    case 'start': {
      const started = spawn(process.execPath, [join(import.meta.dirname, 'stand-in.ts'), data], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child = started
      await new Promise((resolve) => started.stdout.once('data', resolve))
      return started.pid
    }
    case 'kill':
      await new Promise((resolve) => {
        child?.once('exit', resolve)
        child?.kill('SIGKILL')
      })
      return null
    case 'look': {
      const before = process.cpuUsage()
      const sample = await k3s.collect(host, settings, { ...past, heard: [] })
      const { user, system } = process.cpuUsage(before)
      const at = host.now()
      past = { sample, at }
      return {
        sample,
        // What opens a finding: a start that is not over only keeps one open.
        found: k3s.assess(sample, { heard: [] }, settings, at + it.shift).filter((one) => !one.starting),
        summary: k3s.summary(sample, settings, at),
        cpu: (user + system) / 1000,
      }
    }
    default:
      return it satisfies never
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await answer(JSON.parse(line)).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: String(error) }),
  )
  process.stdout.write(`${JSON.stringify(said)}\n`)
}
child?.kill('SIGKILL')
machine.close()
