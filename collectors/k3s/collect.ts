import type { Host, Past, Unseen } from '../../agent/model/index.ts'
import { unseen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { orNothing } from '../node/ask.ts'
import { findK3s, type K3s, k3sVersion } from '../node/k3s.ts'
import { type Doubted, doubtedProcesses, findProcess } from '../node/process.ts'
import { whatHappened } from './happened.ts'
import { askHealth } from './health.ts'
import type { Code } from './rules.ts'
import type { K3sSample } from './sample.ts'
import { lookAtDatastore, lookAtDisks } from './storage.ts'
import { lookForTraces } from './traces.ts'
import { askSystemd, countRestarts, startsAtBoot } from './unit.ts'

/**
 * Asks; judges nothing. While k3s runs as it did, no process is started: files, loopback and statfs only,
 * and of those most looks ask only whether it is still the same.
 */
export async function collect(host: Host, past: Past<K3sSample>): Promise<K3sSample> {
  const before = past.sample
  const machine = await bootOf(host, before)
  if (before && machine.boot === before.boot && isCalm(past, host.now()) && (await isSame(host, before)))
    return noted(past, { ...before, ...(await lookForTraces(host, before.k3s as K3s, before)) }, host.now())
  const found = await findK3s(host, before?.k3s)
  const doubted = found?.running ? [] : await doubtedProcesses(host)
  const notBelieved = doubted[0] ? [disbelief(doubted[0], doubted.length - 1)] : []
  if (!found) return { ...machine, ...(notBelieved.length > 0 && { unseen: notBelieved }) }
  const { flags: _flags, ...k3s } = found
  const [service, health, disks, datastore, program, servers, traces] = await Promise.all([
    stateOf(host, found, before, machine.booted),
    found.running ? askHealth(host, found, before?.answers) : undefined,
    lookAtDisks(host, found),
    lookAtDatastore(host, found).catch((error: unknown) =>
      unseen('the datastore', error, ['k3s.datastore-growing']),
    ),
    versionOf(host, found, before),
    found.role === 'agent' ? serversOf(host, found) : undefined,
    lookForTraces(host, found, before),
  ])
  const answers = health?.answers ?? before?.answers
  const blind: Unseen[] = [...notBelieved, ...(health?.unseen ?? []), ...disks.unseen]
  if (datastore && 'what' in datastore) blind.push(datastore)
  const sample: K3sSample = {
    ...machine,
    k3s,
    ...program,
    ...((found.running || before?.seen) && { seen: true as const }),
    ...(doubted.length > 0 && { doubted: true as const }),
    ...service,
    ...(answers && { answers }),
    ...(servers && { servers }),
    ...traces,
    ...(datastore && 'kind' in datastore && { datastore }),
    disks: disks.disks,
    ...(blind.length > 0 && { unseen: blind }),
  }
  return noted(past, sample, host.now())
}

/** The verdicts that rest on a process of k3s. */
const ofProcess: readonly Code[] = [
  'k3s.down',
  'k3s.restarting',
  'k3s.api-unhealthy',
  'k3s.kubelet-unhealthy',
]

/** What has the name of k3s and cannot be believed: it may be k3s, so that nothing is over by it. */
function disbelief({ pid, name, cgroup }: Doubted, others: number): Unseen {
  const more = others > 0 ? `, and ${others} more` : ''
  return {
    what: 'whether k3s runs',
    why: `process ${name} (pid ${pid}, uid 0, cgroup ${cgroup}${more}) is not taken for this node's k3s: it must be root's, outside of sessions and containers; run k3s as a service (\`systemctl start k3s\`)`,
    codes: ofProcess,
  }
}

function noted({ sample: before, at }: Past<K3sSample>, sample: K3sSample, now: number): K3sSample {
  const happened = whatHappened(before, sample, at, now)
  return happened.length > 0 ? { ...sample, happened } : sample
}

/** A full look costs 20 ms of CPU, half of it for what is asked over loopback; the short one 2 ms: 0.014 % of a core together. */
const fullEvery = 3
const young = 10 * minute

/** Nothing was wrong, nothing happened lately, nobody woke us, and it is not the turn of a full look. */
function isCalm({ sample, at, heard }: Past<K3sSample>, now: number): boolean {
  const { k3s, answers = {}, unseen: blind, happened } = sample ?? {}
  if (!k3s?.running || at === undefined || heard.length > 0 || blind || happened) return false
  if (!Object.values(answers).every((it) => it.well) || now - k3s.running.since < young) return false
  return now - at < fullEvery * minute && Math.floor(now / minute) % fullEvery !== 0
}

async function isSame(host: Host, { k3s }: K3sSample): Promise<boolean> {
  const process = await findProcess(host, k3s?.running)
  return process?.pid === k3s?.running?.pid && process?.since === k3s?.running?.since
}

/** Corrections of the clock move the beginning of the boot: closer than this is the same. */
const sameBoot = 5_000

async function bootOf(
  host: Host,
  before: K3sSample | undefined,
): Promise<Pick<K3sSample, 'boot' | 'booted'>> {
  const boot = (await orNothing(host.text('/proc/sys/kernel/random/boot_id')))?.trim().slice(0, 40)
  const stat = (await orNothing(host.text('/proc/stat', { limit: 4 * 1024 * 1024 }))) ?? ''
  const read = Number(/^btime (\d{1,12})$/m.exec(stat)?.[1] ?? Number.NaN) * 1000
  const known = before?.boot === boot ? before?.booted : undefined
  const booted = known !== undefined && !(Math.abs(known - read) >= sameBoot) ? known : read
  return { ...(boot && { boot }), ...(Number.isFinite(booted) && { booted }) }
}

type Service = Pick<K3sSample, 'unit' | 'enabled' | 'restarts' | 'gone'>

/** systemd is asked only when the process is not the one of the last look, or there is none. */
async function stateOf(
  host: Host,
  { unit: name, running }: K3s,
  before: K3sSample | undefined,
  booted: number | undefined,
): Promise<Service> {
  const now = host.now()
  const was = before?.k3s?.running
  const same = running !== undefined && running.pid === was?.pid && running.since === was.since
  const known = same ? before?.unit : undefined
  const steady = known === null || known?.active === 'active'
  const unit = steady ? (known ?? null) : await askSystemd(host, name, booted)
  const restarts = countRestarts(before, unit, running !== undefined && !same, now)
  if (running) return { unit, restarts }
  const enabled = unit === null && (await startsAtBoot(host, name))
  const stopped = unit?.stopped !== undefined && unit.stopped <= now ? unit.stopped : undefined
  const gone = (!was && before?.gone) || stopped || now
  return { unit, restarts, gone, ...(enabled && { enabled: true as const }) }
}

async function versionOf(
  host: Host,
  k3s: K3s,
  before: K3sSample | undefined,
): Promise<Pick<K3sSample, 'version' | 'binary'>> {
  const stat = await orNothing(host.stat(k3s.binary))
  const binary = stat && `${stat.ino}:${stat.size}:${Math.round(stat.mtime)}`
  const same = before?.version !== undefined && before.binary === binary
  const version = same ? before.version : await k3sVersion(host, k3s)
  return { ...(version && { version }), ...(version && binary && { binary }) }
}

/** What an agent's load balancer remembers (k3s, pkg/agent/loadbalancer: `ServerURL`, `ServerAddresses`). */
async function serversOf(host: Host, { dataDir, distribution }: K3s): Promise<readonly string[]> {
  const file = (name: string) => `${dataDir}/agent/etc/${distribution}-${name}agent-load-balancer.json`
  const text =
    (await orNothing(host.text(file('api-server-'), { limit: 65_536 }))) ??
    (await orNothing(host.text(file(''), { limit: 65_536 })))
  return parseServers(text ?? '')
}

/** Pure. Only what is an address. */
export function parseServers(text: string): readonly string[] {
  try {
    const { ServerURL, ServerAddresses } = JSON.parse(text) ?? {}
    const all = [...(Array.isArray(ServerAddresses) ? ServerAddresses : []), String(ServerURL ?? '')]
    const addresses = all.map((it) =>
      String(it)
        .replace(/^https:\/\//, '')
        .replace(/\/$/, ''),
    )
    return [...new Set(addresses)].filter((it) => /^[\w.:[\]-]{3,100}$/.test(it)).slice(0, 9)
  } catch {
    return []
  }
}
