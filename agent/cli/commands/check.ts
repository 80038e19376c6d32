import { hostname } from 'node:os'
import { collectors, describeK3s } from '../../../collectors/index.ts'
import { exitCode, overall, rowOf, type Snapshot, shown } from '../../api/snapshot.ts'
import { incidents } from '../../core/cascade.ts'
import { guarded } from '../../core/guard.ts'
import { type Ledger, step } from '../../core/ledger.ts'
import { round, rulesOf } from '../../core/round.ts'
import type { Host, Rules } from '../../model/index.ts'
import { renderStatus } from '../render/status.ts'
import { readVersion } from '../version.ts'
import type { Exit } from './common.ts'
import { asking, recorded, timeOf } from './hosts.ts'
import { answer, formOf, isAtLeast, namesOfAll, type OutputOptions, severityOf } from './output.ts'
import { settings } from './settings.ts'

export interface CheckArguments extends OutputOptions {
  readonly verbose?: boolean
  /** The folder of a recorded node to check instead of this machine. */
  readonly node?: string
  /** The time to judge as of, RFC 3339, instead of the recording's or the present. */
  readonly at?: string
}

/** One round of everything without a daemon, on this machine or a recorded node. */
export async function check(options: CheckArguments): Promise<Exit> {
  const form = formOf(options)
  const least = severityOf(options)
  const config = settings(options)
  const at = timeOf(options.at)
  let snapshot: Snapshot
  if (options.node) {
    const host = recorded(options.node, at)
    const seen = await look(host, host.node, (name) => config.collectors[name])
    snapshot = { ...seen, machine: [seen.machine, host.machine].filter(Boolean).join(', ') }
  } else {
    const node = config.node || hostname()
    const { cluster } = config.letterhead
    const seen = await asking((host) => look(host, node, (name) => config.collectors[name]), at)
    snapshot = { ...seen, ...(cluster !== undefined && { cluster }) }
  }
  const shownThere = { ...snapshot, incidents: snapshot.incidents.filter((it) => isAtLeast(it, least)) }
  await answer(form, options, {
    data: () => shownThere,
    names: () => namesOfAll(shownThere.incidents, true),
    page: (terminal, wide) =>
      renderStatus(shownThere, terminal, { once: true, verbose: options.verbose === true || wide }),
  })
  return exitCode(snapshot.state)
}

type CollectorSettings = ReturnType<typeof settings>['collectors'][string] | undefined

/** Runs one round of every collector and gives the result as a snapshot. */
export async function look(
  host: Host,
  node: string,
  configOf: (name: string) => CollectorSettings,
): Promise<Snapshot> {
  const enabled = collectors
    .filter((it) => configOf(it.name)?.enabled !== false)
    .map((it) => guarded(it, (text) => process.stderr.write(`${text}\n`)).collector)
  const machine = await describeK3s(host).catch(() => '')
  const outcomes = await Promise.all(
    enabled.map((it) => round(it, configOf(it.name)?.settings ?? {}, host, { heard: [] })),
  )
  const at = host.now()
  const rules: Rules = Object.assign({}, ...collectors.map(rulesOf))
  const ledger = outcomes.reduce<Ledger>((known, it) => step(known, it, at), [])
  // Findings count at once, without `pendingFor`: whoever runs `check` wants to know now.
  const found = incidents(ledger, rules, at)
  const rows = enabled.map((collector, index) =>
    rowOf(collector, {
      settings: configOf(collector.name)?.settings ?? {},
      at,
      open: ledger,
      outcome: outcomes[index],
    }),
  )
  const deadlines = enabled.flatMap((it, index) => {
    const sample = outcomes[index]?.sample
    return sample ? (it.deadlines?.(sample, configOf(it.name)?.settings ?? {}, at) ?? []) : []
  })
  return {
    version: 2,
    node,
    at,
    agent: { version: readVersion(), pid: process.pid, started: at },
    state: overall(found, rows),
    machine,
    incidents: shown(found, node, at),
    collectors: rows,
    sinks: [],
    deadlines,
    silences: [],
  }
}
