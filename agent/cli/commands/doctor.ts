import { collectors } from '../../../collectors/index.ts'
import { askFor } from '../../api/ask.ts'
import { exitCode, type Snapshot, snapshotOf } from '../../api/snapshot.ts'
import { describeMachine } from '../../host/describe.ts'
import { hardwareText, readHardware } from '../../host/hardware.ts'
import type { Host, Ran, Space } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import {
  type Ailment,
  checks,
  clock,
  type Diagnosis,
  gravestState,
  heartbeatRow,
  journal,
  kubernetesRow,
  metricsRow,
  nodeRow,
  privileges,
  renderDoctor,
  silenceRow,
  sinkRow,
  stateFolder,
} from '../render/doctor.ts'
import { readVersion } from '../version.ts'
import { look } from './check.ts'
import { type Exit, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { asking } from './hosts.ts'
import { testSinks } from './notify.ts'
import { answer, formOf, type OutputOptions } from './output.ts'
import { settings } from './settings.ts'
import { notRunning } from './status.ts'
import { tryKubernetes } from './try-kubernetes.ts'

export interface DoctorArguments extends Omit<OutputOptions, 'severity'> {
  /** Send a test message to each sink, and a ping to each heartbeat. */
  readonly send?: boolean
}

/**
 * Whether Murphy itself can do its work here: what it may read, what it does not see, where it remembers, whom it tells.
 * From the running agent; where none runs, by a round of its own, which sees what its user may see.
 */
export async function doctor(options: DoctorArguments): Promise<Exit> {
  const form = formOf(options)
  const config = settings(options, options.send ? { secrets: 'read', needed: true } : {})
  const running = await askFor<unknown>(config.socket, '/v1/status').then(
    snapshotOf,
    (error) => error as Error,
  )
  const diagnosis = await asking((host) => diagnose(host, config, running, options.send === true))
  await answer(form, options, {
    data: () => ({ version: 2, ...diagnosis }),
    names: () => namesOf(diagnosis.rows),
    page: (terminal) => renderDoctor(diagnosis, terminal),
  })
  return exitCode(diagnosis.state)
}

const namesOf = (rows: readonly Ailment[]) =>
  rows
    .filter((it) => it.state !== 'ok')
    .map((it) => `${it.area}\n`)
    .join('')

async function diagnose(
  host: Host,
  config: ReturnType<typeof settings>,
  running: Snapshot | Error,
  send: boolean,
): Promise<Diagnosis> {
  const isAgent = !(running instanceof Error)
  const or = <T, F>(question: Promise<T>, other: F): Promise<T | F> => question.catch(() => other)
  const [snapshot, hardware, status, space, shown, timesync, isPersistent] = await Promise.all([
    isAgent ? running : look(host, config.node, (name) => config.collectors[name]),
    isAgent ? undefined : readHardware(),
    or(host.text(`/proc/${isAgent ? running.agent.pid : process.pid}/status`), undefined),
    host.space(config.stateDir).catch((error: unknown): string => (error as Error).message),
    or<Ran, undefined>(host.run(['timedatectl', 'show', '-p', 'NTPSynchronized', '-p', 'CanNTP']), undefined),
    or<Ran, undefined>(host.run(['timedatectl', 'show-timesync', '-p', 'ServerName']), undefined),
    or(
      host.stat('/var/log/journal').then(() => true),
      false,
    ),
  ])
  const tested = send ? await tests(config) : undefined
  const kept = snapshot.sinks.find((it) => it.type === 'kubernetes')
  const tried = send ? await tryKubernetes(host, config.kubernetes) : undefined
  const beaten = send ? await pings(config) : undefined
  const known: readonly Pick<Snapshot['sinks'][number], 'name'>[] = isAgent
    ? running.sinks.filter((it) => it.type !== 'kubernetes')
    : config.sinks
  const machine = isAgent
    ? running.machine
    : [snapshot.machine, hardware && hardwareText(hardware), describeMachine()].filter(Boolean).join(', ')
  const rows: readonly Ailment[] = [
    agent(running, config.socket),
    privileges(status, isAgent),
    ...checks(snapshot.collectors, isAgent),
    stateFolder(config.stateDir, space as Space | string),
    clock(shown, timesync, allRules()['certs.clock-unsynchronised']?.severity ?? 'info'),
    journal(isPersistent),
    ...(known.length === 0
      ? [{ area: 'sinks', state: 'warning', text: 'none: nobody is notified', fix: noSink } as const]
      : known.map((it) => sinkRow(it, tested?.get(it.name), snapshot.at))),
    ...kubernetesRow(config.kubernetes, kept, tried, snapshot.at),
    ...(isAgent ? (running.exposed ?? []).map(metricsRow) : []),
    ...(isAgent ? running.silences : []).map((it) => silenceRow(it, snapshot.at)),
    ...(isAgent ? (running.heartbeats ?? []) : config.heartbeats.map(({ name }) => ({ name }))).map((it) =>
      heartbeatRow(it, beaten?.get(it.name), snapshot.at),
    ),
    nodeRow(snapshot.incidents, isAgent),
  ]
  // Without an agent nothing is watched, whatever else is wrong: as `status` says it.
  const state = isAgent ? gravestState(rows, running.state) : 'unknown'
  const { cluster } = isAgent ? running : config.letterhead
  return { node: snapshot.node, ...(cluster !== undefined && { cluster }), state, machine, rows }
}

const noSink = ['Add one under `sinks:` in /etc/murphy/config.yaml', '`systemctl restart murphy`']

const start = [
  'Start it: `systemctl start murphy`',
  'See why it stopped: `journalctl -u murphy -n 50 --no-pager`',
]

/** Which agent runs, and whether it is the program that asks. */
function agent(running: Snapshot | Error, socket: string): Ailment {
  const here = `murphy ${readVersion()}, node ${process.version}, ${collectors.length} checks`
  const area = 'agent'
  if (running instanceof Error) {
    const own = 'this is one check by this command'
    const { code } = running as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ECONNREFUSED'
      ? { area, state: 'unknown', text: `${here}. Murphy is not running; ${own}`, fix: start }
      : { area, state: 'unknown', text: `${here}. ${notRunning(running, socket, own)}` }
  }
  const { version, pid, started } = running.agent
  const text = `${here}; running for ${duration(running.at - started)}, pid ${pid}`
  return version === readVersion()
    ? { area, state: 'ok', text }
    : {
        ...{ area, state: 'warning', text: `${text}, but as version ${version}` },
        fix: ['`systemctl restart murphy`'],
      }
}

/** What became of a test message to each sink: true, or why not. */
async function tests(config: ReturnType<typeof settings>): Promise<Map<string, string | true>> {
  const { conditions, events } = config.kubernetes
  if (config.sinks.length + config.heartbeats.length === 0 && !conditions && !events)
    throw new Refusal('--send: no sink and no heartbeat is configured in /etc/murphy/config.yaml')
  const results = await testSinks(config, config.sinks)
  return new Map(
    results.map(({ name, reading }) => [name, reading.outcome === 'accepted' ? true : reading.why]),
  )
}

/** What became of a ping to each heartbeat: true, or why not. */
async function pings({ node, letterhead, heartbeats }: ReturnType<typeof settings>) {
  // Only loaded here: undici is large, and no other command needs it.
  const { beatOnce } = await import('../../delivery/heartbeat-once.ts')
  const { cluster } = letterhead
  const results = await Promise.all(
    heartbeats.map(async (it) => {
      const text = `${node}: test by agent doctor`
      const beat = { kind: 'test', node, exit: 0, fails: false, took: 0, text } as const
      const reading = await beatOnce(it.settings, { ...beat, ...(cluster !== undefined && { cluster }) })
      return [it.name, reading.outcome === 'accepted' ? true : reading.why] as const
    }),
  )
  return new Map<string, string | true>(results)
}
