/**
 * One round of the firewall collector in the network namespace of this process: commands, `/proc/net` and
 * ufw's files are the real ones, k3s is the recorded node's. Reads `{ past, now }` as JSON from stdin and
 * writes what came of it to stdout.
 */
import { readFileSync } from 'node:fs'
import { openMachine } from '../../../agent/host/machine.ts'
import {
  type Artifact,
  type Host,
  HostError,
  type Observation,
  type Past,
} from '../../../agent/model/index.ts'
import { firewall } from '../../../collectors/firewall/index.ts'
import type { FirewallSample } from '../../../collectors/firewall/sample.ts'
import { node } from './look.ts'

export interface Asked {
  readonly past: Past<FirewallSample>
  readonly now: number
  /** The recorded k3s is not running. */
  readonly k3s?: 'stopped'
  /** What would be kept is asked for. */
  readonly snapshot?: true
}

export interface Came {
  readonly sample: FirewallSample
  readonly found: readonly Observation[]
  readonly summary: string
  /** What was handed over to be kept, and in base64. */
  readonly kept: readonly { readonly about: Artifact['about']; readonly body: string }[]
  /** What the round took, ms. */
  readonly took: number
  /** The most memory this process ever held, bytes. */
  readonly peak: number
}

const { past, now, k3s, snapshot } = JSON.parse(readFileSync(0, 'utf8')) as Asked
const machine = openMachine({ now: () => now })
const real = machine.during(new AbortController().signal)
const recorded = node('healthy')
const isReal = (path: string) => /^\/(proc\/net|proc\/sys\/net|etc\/ufw|etc\/default|usr|sbin)\//.test(path)
/** Without its process in /proc, k3s does not run. */
const isStopped = (path: string) => k3s === 'stopped' && /^\/proc(\/1234\/.*)?$/.test(path)
const host: Host = {
  ...real,
  text: async (path, options) => {
    if (isStopped(path)) throw new HostError('missing', `${path}: k3s is stopped`)
    return (isReal(path) ? real : recorded).text(path, options)
  },
  read: (path, options) => (isReal(path) ? real : recorded).read(path, options),
  list: async (path) => {
    if (isStopped(path)) return []
    return (isReal(path) ? real : recorded).list(path)
  },
  stat: (path) => (isReal(path) ? real : recorded).stat(path),
}
const begun = performance.now()
const kept: Artifact[] = []
const sample = await firewall.collect(
  host,
  {},
  { ...past, ...(snapshot && { keep: (it: Artifact) => void kept.push(it) }) },
)
const came: Came = {
  sample,
  // What opens a finding: a start that is not over only keeps one open.
  found: firewall.assess(sample, past, {}, now).filter((it) => !it.starting),
  kept: kept.map(({ about, body }) => ({ about, body: Buffer.from(body).toString('base64') })),
  summary: firewall.summary(sample, {}, now),
  took: performance.now() - begun,
  peak: process.resourceUsage().maxRSS * 1024,
}
process.stdout.write(JSON.stringify(came))
machine.close()
