import type { Host, Past, Unseen } from '../../agent/model/index.ts'
import { unseen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { orNothing } from '../node/ask.ts'
import { findK3s, type K3s, k3sVersion } from '../node/k3s.ts'
import { kubeletSettings } from '../node/kubelet-settings.ts'
import { type Doubted, doubtedProcesses, findProcess } from '../node/process.ts'
import { serversOf } from '../node/servers.ts'
import { readEnded } from './ended.ts'
import { whatHappened } from './happened.ts'
import { askHealth } from './health.ts'
import { stoodBefore } from './killed.ts'
import { asBefore, type Looked, lookAtNode } from './node-state.ts'
import type { Code } from './rules.ts'
import type { K3sSample } from './sample.ts'
import { lookAtDatastore, lookAtDisks } from './storage.ts'
import { lookForTraces } from './traces.ts'
import { askSystemd, countRestarts, startsAtBoot } from './unit.ts'

/**
 * Reads, and judges nothing. While k3s runs unchanged no process is started: only files, loopback and statfs are used,
 * and most runs check only that the process is still the same.
 */
export async function collect(host: Host, past: Past<K3sSample>): Promise<K3sSample> {
  const before = past.sample
  const machine = await bootOf(host, before)
  if (
    before?.k3s &&
    machine.boot === before.boot &&
    isCalm(past, host.now()) &&
    (await isSame(host, before))
  ) {
    const traces = await lookForTraces(host, before.k3s, before)
    const room = isSooner(past, host.now()) ? await lookForRoom(host, before) : {}
    const { node, unseen: blind } = await lookAtNode(host, before.k3s, before.node, { whole: false })
    const unseenHere = [...(room.unseen ?? []), ...(blind ? [blind] : [])]
    return noted(
      past,
      {
        ...{ ...before, ...traces, ...room },
        ...(node && { node }),
        ...(unseenHere.length > 0 && { unseen: unseenHere }),
      },
      host.now(),
    )
  }
  const found = await findK3s(host, before?.k3s)
  const doubted = found?.running ? [] : await doubtedProcesses(host)
  const notBelieved = doubted[0] ? [disbelief(doubted[0], doubted.length - 1)] : []
  if (!found) {
    const had = hadBefore(past)
    return { ...machine, ...(had && { had }), ...(notBelieved.length > 0 && { unseen: notBelieved }) }
  }
  const { flags: _flags, ...k3s } = found
  const kubelet = await kubeletSettings(host, found)
  const [service, health, disks, datastore, program, servers, traces, cluster] = await Promise.all([
    stateOf(host, found, past, machine.booted),
    found.running ? askHealth(host, found, before?.answers, kubelet?.healthzPort) : undefined,
    lookAtDisks(host, found, kubelet?.evictionHard),
    lookAtDatastore(host, found).catch((error: unknown) =>
      unseen('the datastore', error, ['k3s.datastore-growing']),
    ),
    versionOf(host, found, before),
    found.role === 'agent' ? serversOf(host, found) : undefined,
    lookForTraces(host, found, before),
    found.running
      ? lookAtNode(host, found, before?.node, { whole: true })
      : (asBefore(before?.node) as Looked),
  ])
  const answers = health?.answers ?? before?.answers
  const blind: Unseen[] = [...notBelieved, ...(health?.unseen ?? []), ...disks.unseen]
  if (datastore && 'what' in datastore) blind.push(datastore)
  if (cluster.unseen) blind.push(cluster.unseen)
  const sample: K3sSample = {
    ...machine,
    k3s,
    ...program,
    ...((found.running || before?.seen) && { seen: true as const }),
    ...(doubted.length > 0 && { doubted: true as const }),
    ...service,
    ...(answers && { answers }),
    ...(cluster.node && { node: cluster.node }),
    ...(servers && { servers }),
    ...traces,
    ...(datastore && 'kind' in datastore && { datastore }),
    disks: disks.disks,
    ...(kubelet && { evictionHard: kubelet.evictionHard }),
    ...(blind.length > 0 && { unseen: blind }),
  }
  return noted(past, sample, host.now())
}

/** Which k3s was there in an earlier look, and when it was last seen. */
function hadBefore({ sample, at }: Past<K3sSample>): K3sSample['had'] {
  if (!sample?.k3s || at === undefined) return sample?.had
  const { distribution, role } = sample.k3s
  return { what: [distribution, role, ...(sample.version ? [sample.version] : [])].join(' '), at }
}

/** The verdicts that need the k3s process to be known. */
const ofProcess: readonly Code[] = [
  'k3s.down',
  'k3s.restarting',
  'k3s.api-unhealthy',
  'k3s.kubelet-unhealthy',
  'k3s.node-not-ready',
]

/**
 * An Unseen for a process with the name of k3s that cannot be verified: it may be k3s, so nothing may be resolved
 * because of it.
 */
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
  // Of those that are still reported only a new one: k3s may be killed once more meanwhile.
  const known = new Set(before?.happened?.map((it) => `${it.code} ${it.at}`))
  const over =
    before?.boot !== sample.boot ||
    happened.some((it) => it.code === 'k3s.killed' && !known.has(`${it.code} ${it.at}`))
  const stood = sample.k3s?.running || over ? undefined : stoodBefore(before, at)
  return { ...sample, ...(stood && { stood }), ...(happened.length > 0 && { happened }) }
}

/**
 * Minutes between full runs. Runs of both kinds cost 50 ms of CPU on the average: 0.08 % of a core (docs/performance.md).
 */
const fullEvery = 3
const young = 10 * minute

/** All answers are well, nothing is unseen or happened lately, no event woke us, and no full run is scheduled now. */
function isCalm({ sample, at, heard }: Past<K3sSample>, now: number): boolean {
  const { k3s, answers = {}, unseen: blind, happened, node } = sample ?? {}
  if (!k3s?.running || at === undefined || heard.length > 0 || blind || happened) return false
  if (node && (node.stale || !node.ready || node.pressures.length > 0)) return false
  if (!Object.values(answers).every((it) => it.well) || now - k3s.running.since < young) return false
  return now - at < fullEvery * minute && Math.floor(now / minute) % fullEvery !== 0
}

/** Sooner than the clock says: then something of this collector is open, which may be repaired by now. */
const isSooner = ({ at = 0 }: Past<K3sSample>, now: number) => now - at < minute / 2

/** What is told of the disks and the datastore, without what asks a port: less than 1 ms of CPU. */
async function lookForRoom(
  host: Host,
  { k3s, datastore, evictionHard }: K3sSample,
): Promise<Pick<K3sSample, 'disks' | 'datastore' | 'unseen'>> {
  const known = { ...(k3s as NonNullable<typeof k3s>), flags: {} }
  const { disks, unseen: blind } = await lookAtDisks(host, known, evictionHard)
  const now = datastore && (await orNothing(lookAtDatastore(host, known)))
  return {
    disks,
    // How much etcd may hold stands in its settings, which are read at the next full look.
    ...(now && { datastore: { ...now, ...(datastore.quota !== undefined && { quota: datastore.quota }) } }),
    ...(blind.length > 0 && { unseen: blind }),
  }
}

async function isSame(host: Host, { k3s }: K3sSample): Promise<boolean> {
  const process = await findProcess(host, k3s?.running)
  return process?.pid === k3s?.running?.pid && process?.since === k3s?.running?.since
}

/** Clock corrections move the computed boot time: closer than this, ms, is the same boot. */
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

type Service = Pick<K3sSample, 'unit' | 'enabled' | 'restarts' | 'gone' | 'ended' | 'owed'>

/** So often the journal is asked how a process ended. Where the disk is slow it may not answer at once. */
const mostTries = 3

/**
 * systemd is asked only when the process has changed since the previous sample, or there is none; its journal only after
 * a start, also one by hand, since what ended before it may have crashed.
 */
async function stateOf(
  host: Host,
  { unit: name, running }: K3s,
  { sample: before, at }: Past<K3sSample>,
  booted: number | undefined,
): Promise<Service> {
  const now = host.now()
  const was = before?.k3s?.running
  const same = running !== undefined && running.pid === was?.pid && running.since === was.since
  const known = same ? before?.unit : undefined
  const steady = known === null || known?.active === 'active'
  const unit = steady ? (known ?? null) : await askSystemd(host, name, booted)
  const restarts = countRestarts(before, unit, running !== undefined && !same, now)
  if (running) {
    const again = !same && before?.seen && unit
    const tries = again ? 0 : same ? before?.owed : undefined
    if (tries === undefined) return { unit, restarts }
    const { ended, unsure } = await readEnded(host, name, running.since, at)
    // systemd's counter is 0 after a start by hand: then it may also have ended long ago, or without a word.
    const owed = unsure && unit?.restarts && tries + 1 < mostTries ? tries + 1 : undefined
    return { unit, restarts, ...(owed !== undefined ? { owed } : ended && { ended }) }
  }
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
