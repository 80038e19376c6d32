import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { allRules } from '../../agent/cli/commands/explain.ts'
import { type Receiver, tellsOf } from './agent.ts'
import type { Certificates } from './certificates.ts'
import { makePod, type openKills } from './kernel.ts'
import { now } from './measure.ts'
import { type BenchNode, makeRules, tlsFolder } from './node.ts'

export interface Site {
  readonly node: BenchNode
  readonly receiver: Receiver
}

export const kinds = ['kill', 'flush', 'bridge', 'certificate'] as const
export type Kind = (typeof kinds)[number]

/** What came of the repetitions of one fault. */
export interface Tally {
  /** From the fault to its POST, ms. */
  readonly times: number[]
  readonly missed: string[]
}

/** What ordinary commands pass through is told once it has been so for that long, ms: not counted, but said. */
export const patienceOf = (code: string): number => allRules()[code]?.pendingFor ?? 0

/** How long a POST may take before it counts as missed, ms. */
const patience = 10_000
/** Mending takes several commands, so that looks in between put off the last one, each by twice the time before, up to 15 s. */
const mendingPatience = 30_000
/** The pauses between woken rounds begin anew after 15 s without one (`agent/daemon/schedule.ts`); a round and its echoes come first. */
const quiet = 15_000 + 1_200

const certificate = join(tlsFolder, 'client-admin.crt')
/** Put in its place in one step, as k3s does. */
const place = async ({ folder }: BenchNode, pem: string) => {
  const fresh = join(folder, 'var/lib/fresh.crt')
  writeFileSync(fresh, pem)
  const begun = now()
  renameSync(fresh, join(folder, certificate))
  return { begun }
}

export function faultsWith({ valid, expired }: Certificates) {
  return {
    flush: {
      code: 'firewall.flushed',
      break: (node: BenchNode) => node.sh('iptables -F'),
      mend: (node: BenchNode) => node.sh(makeRules),
    },
    bridge: {
      code: 'cni.bridge-missing',
      break: (node: BenchNode) => node.sh('ip link del cni0'),
      mend: (node: BenchNode) => node.sh(node.makeBridge),
    },
    certificate: {
      code: 'certs.expired',
      break: (node: BenchNode) => place(node, expired()),
      mend: (node: BenchNode) => place(node, valid),
    },
  } as const
}

/**
 * Breaks and mends a node in one way, always after a quiet spell. A time begins just before the command is run
 * (`iptables`, `ip`) or the file is put in place; it ends when the receiver has the whole request.
 */
export function breaker(certificates: Certificates) {
  const faults = faultsWith(certificates)
  const last = new Map<string, number>()
  return async ({ node, receiver }: Site, kind: Exclude<Kind, 'kill'>, tally: Tally): Promise<void> => {
    const fault = faults[kind]
    const key = `${node.name} ${kind}`
    await pause(Math.max(0, (last.get(key) ?? 0) + quiet - now()))
    const arriving = receiver.next(tellsOf(fault.code), patience)
    const { begun } = await fault.break(node)
    const told = await arriving
    if (told) tally.times.push(told.arrived - begun - patienceOf(fault.code))
    else tally.missed.push(`${kind} on ${node.name}`)
    const id = told?.body.data?.incident?.id
    const over = receiver.next(
      ({ body }) => body.type === 'incident.resolved' && body.data?.incident?.id === id,
      mendingPatience,
    )
    await fault.mend(node)
    if (id && !(await over)) tally.missed.push(`the mending of ${kind} on ${node.name}`)
    last.set(key, now())
  }
}

/** What comes and goes more often than this in an hour is held, and told no more. */
const mostTold = 3

/**
 * Breaks and mends each node in all four ways, `times` times. A kill begins with the kernel's own time of it. `renew`
 * puts agents without a past in the places of those that have heard it all.
 */
export async function measureFaults(
  sites: readonly Site[],
  times: number,
  certificates: Certificates,
  kills: ReturnType<typeof openKills>,
  renew: () => Promise<void>,
  say: (text: string) => void,
): Promise<Readonly<Record<Kind, Tally>>> {
  const one = breaker(certificates)
  const tallies = Object.fromEntries(kinds.map((it) => [it, { times: [], missed: [] }])) as unknown as Record<
    Kind,
    Tally
  >
  /** All nodes see one kill: their kernel is the same. Kills of others wake them too, so these are waited out for a while. */
  const kill = async (name: string) => {
    const pod = makePod(
      name,
      sites.map(({ node }) => node),
    )
    for (let tries = 0; tries < 3 && now() - (await kills.last()) < quiet; tries += 1)
      await pause(Math.max(0, (await kills.last()) + quiet - now()))
    await kills.calibrate()
    const arriving = sites.map(({ receiver }) =>
      receiver.next(tellsOf('memory.oom-killed', pod.subject), patience),
    )
    const at = await kills.killed(await pod.eat())
    for (const [site, told] of (await Promise.all(arriving)).entries()) {
      if (told && at !== undefined) tallies.kill.times.push(told.arrived - at)
      else tallies.kill.missed.push(`${pod.subject} on ${sites[site]?.node.name}`)
    }
    await pod.remove()
  }

  for (let count = 0; count < times; count += 1) {
    if (count > 0 && count % mostTold === 0) await renew()
    for (const site of sites)
      for (const kind of ['flush', 'bridge', 'certificate'] as const) await one(site, kind, tallies[kind])
    await kill(`bench-${count}`)
    say(`faults: ${count + 1} of ${times}`)
  }
  return tallies
}
