import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import type { WakeEvent } from '../../../agent/model/index.ts'
import { relevantLines } from '../../../collectors/firewall/history/author.ts'
import type { FirewallSample } from '../../../collectors/firewall/sample.ts'
import type { Asked, Came } from './round.ts'

/** Why tests that need namespaces cannot run here; undefined where they can. */
export function cannot(): string | undefined {
  if (process.env.CI === 'true') return undefined
  if (process.getuid?.() !== 0) return 'needs root for network namespaces'
  const tools = ['iptables-nft-save', 'iptables-legacy-save', 'nft', 'ipset', 'ufw']
  const missing = tools.find((it) => !existsSync(`/usr/sbin/${it}`) && !existsSync(`/sbin/${it}`))
  return missing && `needs ${missing}`
}

export interface Done {
  readonly pid: number
  readonly exit: number
  readonly stdout: string
}

function finished(child: ChildProcess, argv: readonly string[], input: string): Promise<Done> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (it) => {
      stdout += it
    })
    child.stderr?.on('data', (it) => {
      stderr += it
    })
    child.on('error', reject)
    child.on('close', (exit) =>
      exit === 0
        ? resolve({ pid: child.pid ?? 0, exit, stdout })
        : reject(new Error(`${argv.join(' ')}: exit code ${exit}: ${stderr}${stdout}`)),
    )
    child.stdin?.on('error', () => {}) // It may not want to read all of it.
    child.stdin?.end(input)
  })
}

/** The tests' clock: it runs like the real one, in the time of the recordings, whose k3s has run since 00:27:54. */
const begun = Date.now()
export const clock = () => Date.parse('2026-11-23T03:00:00Z') + Date.now() - begun

/** A network and mount namespace of its own, gone with the test. */
export async function namespace(t: Test) {
  const holder = spawn('unshare', ['--net', '--mount', '--propagation', 'private', 'sleep', 'infinity'])
  const others: ChildProcess[] = []
  t.teardown(() => {
    for (const it of [...others, holder]) it.kill('SIGKILL')
  })
  const pid = holder.pid ?? 0
  const net = (of: number | 'self') => readlinkSync(`/proc/${of}/ns/net`)
  while (net(pid) === net('self')) await pause(5)
  const inside = ['-t', String(pid), '--net', '--mount', '--']
  const start = (argv: readonly string[]) => {
    const child = spawn('nsenter', [...inside, ...argv])
    others.push(child)
    return child
  }
  // nsenter becomes the command it starts, so that the process keeps its id.
  const run = (argv: readonly string[], input = '') =>
    finished(spawn('nsenter', [...inside, ...argv]), argv, input)
  const sh = (script: string, input?: string) => run(['sh', '-ec', script], input)
  await sh('ip link set lo up')

  const heard: WakeEvent[] = []
  /** What the monitor has said since it was last settled, and how much was heard before it; undefined before it hears. */
  let said: { readonly text: string; readonly before: number }[] | undefined
  /** Starts `nft monitor` and waits until it hears. */
  const monitor = async () => {
    const child = start(['nft', 'monitor'])
    const isRelevant = relevantLines()
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (text) => {
        said?.push({ text, before: heard.length })
        if (isRelevant(text)) heard.push({ at: clock(), text })
      })
    for (let tries = 0; heard.length === 0 && tries < 100; tries += 1) {
      await sh('nft add table ip listening; nft delete table ip listening')
      await pause(20)
    }
    if (heard.length === 0) throw new Error('nft monitor says nothing')
    said = []
    await settle()
    heard.length = 0
  }
  let settled = 0
  /** Until all that was done before is heard: the kernel tells in order, so what is done last is heard last, and left out. */
  const settle = async () => {
    if (!said) return
    settled += 1
    const table = `table ip settled${settled}`
    await sh(`nft add ${table}; nft delete ${table}`)
    // A line on the process that did it comes after what it did.
    const last = () => (said ?? []).findIndex(({ text }) => text === `delete ${table}`)
    for (const begun = performance.now(); last() < 0 || last() + 1 === said.length; await pause(5))
      if (performance.now() - begun > 30_000)
        throw new Error(
          `nft monitor did not say that ${table} came and went, but: ${said.map((it) => it.text)}`,
        )
    heard.length = said.find(({ text }) => text === `add ${table}`)?.before ?? 0
    said = []
  }
  let past: FirewallSample | undefined
  let at: number | undefined
  /** One round in a process of its own, so that each is also a restart of the agent. `as` is put before it. */
  const round = async (
    as: readonly string[] = [],
    more: Pick<Asked, 'k3s' | 'snapshot'> = {},
  ): Promise<Came> => {
    await settle()
    const asked: Asked = {
      past: { heard: heard.splice(0), ...(past && { sample: past }), ...(at !== undefined && { at }) },
      now: clock(),
      ...more,
    }
    const argv = [...as, process.execPath, join(import.meta.dirname, 'round.ts')]
    const came = JSON.parse((await run(argv, JSON.stringify(asked))).stdout) as Came
    past = came.sample
    at = asked.now
    return came
  }
  return { pid, run, sh, start, monitor, settle, round, heard }
}

export type Namespace = Awaited<ReturnType<typeof namespace>>
