import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Snapshot, shown } from '../agent/api/snapshot.ts'
import { look } from '../agent/cli/commands/check.ts'
import { allRules, catalogue } from '../agent/cli/commands/explain.ts'
import { viewFrom } from '../agent/cli/commands/view-of.ts'
import {
  clock,
  gravestState,
  journal,
  nodeRow,
  privileges,
  renderDoctor,
  sinkRow,
  stateFolder,
} from '../agent/cli/render/doctor.ts'
import { renderArea, renderGraph, renderRule } from '../agent/cli/render/explain.ts'
import { renderHistory } from '../agent/cli/render/history.ts'
import { renderBrief, renderScreen, renderStatus } from '../agent/cli/render/status.ts'
import { defaults } from '../agent/config/defaults.ts'
import { incidents } from '../agent/core/cascade.ts'
import { type Ledger, step } from '../agent/core/ledger.ts'
import { round } from '../agent/core/round.ts'
import { recordedNode } from '../agent/host/replay.ts'
import type { Observation, Terminal } from '../agent/model/index.ts'
import { ascii } from '../agent/text/ascii.ts'
import { clockUtc } from '../agent/text/times.ts'
import { collectors } from '../collectors/index.ts'
import { now, picture } from './agent/small.ts'
import { firewall } from './words/firewall.ts'

/** What one command shows, on any terminal. */
export interface Screen {
  readonly name: string
  readonly render: (terminal: Terminal) => string
}

/** The terminals on which each is shown, by what is said of them. */
const terminals: Readonly<Record<string, Terminal>> = {
  '80 columns': { color: false, width: 80 },
  '80 columns, colour': { color: true, width: 80 },
  '80 columns, LANG=C': { color: false, width: 80, ascii: true },
  '120 columns': { color: false, width: 120 },
  '120 columns, colour': { color: true, width: 120 },
}

/** One screen on all terminals; the escape character, which nobody sees in a difference, as `␛`. */
export const onAll = ({ render }: Screen): string =>
  Object.entries(terminals)
    .map(([about, it]) => {
      const text = it.ascii ? ascii(render(it)) : render(it)
      return `==== ${about} ====\n${text.replaceAll('\u001b', '␛')}`
    })
    .join('\n')

const nodes = join(import.meta.dirname, 'nodes')
const settingsOf = new Map(collectors.map((it) => [it.name, defaults(it.settings)]))

/** `agent check --node` of each, and every page of one of them. */
export async function screensOfNodes(): Promise<readonly Screen[]> {
  const names = readdirSync(nodes, { withFileTypes: true }).filter((it) => it.isDirectory())
  const all: Screen[] = []
  for (const { name } of names) {
    const host = recordedNode(join(nodes, name))
    const seen = await look(host, host.node, (its) => ({
      ...{ enabled: true, every: '', settings: settingsOf.get(its) ?? {} },
    }))
    all.push({
      name: `check-${name}`,
      render: (terminal) => renderStatus(seen, terminal, { once: true }),
    })
  }
  return [
    ...all,
    await page('certs', 'healthy', 'certs', Date.parse('2026-11-23T01:00:00Z')),
    await page('certs', 'healthy', 'certs-late', Date.parse('2027-11-20T01:00:00Z')),
    await page('firewall', 'duplicates', 'firewall'),
    await page('network', 'two-nodes-peer-route-deleted-node1', 'network'),
    await page('memory', 'oom-kills', 'memory'),
  ]
}

/** A page of a recorded node, as of another time where one is given. */
async function page(of: string, node: string, name: string, at?: number): Promise<Screen> {
  const host = recordedNode(join(nodes, node), at === undefined ? {} : { now: () => at })
  const it = collectors.find((one) => one.page?.name === of)
  if (!it?.page) throw new Error(`there is no page ${of}`)
  const { page: its } = it
  const time = host.now()
  const settings = settingsOf.get(it.name) ?? {}
  const outcome = await round(it, settings, host, { heard: [] })
  if (!outcome.sample) throw new Error('it has seen something')
  const findings = step([], outcome, time)
  const known = { source: 'recording' as const, node: host.node, now: time, at: time, sample: outcome.sample }
  const view = viewFrom(it, settings, { ...known, trend: [], artifacts: [], findings }, {})
  return { name, render: (terminal) => its.render(view, terminal) }
}

const minute = 60_000

/** What happened in a night, as `agent history` tells it. */
function night(): Screen {
  const rules = allRules()
  const kill = { code: 'memory.oom-killed', subject: 'shop/db-0/postgres', text: 'Killed once at 03:00.' }
  const gone = { code: 'cni.bridge-missing', subject: 'cni0', text: 'The bridge cni0 is gone.' }
  const restarted = {
    code: 'k3s.killed',
    subject: 'k3s',
    text: 'All 9 containers and cni0 went at 03:20 UTC.',
  }
  const looks = [[0, kill], [8], [20, restarted], [21, restarted, gone]] as const
  const ledger = looks.reduce<Ledger>(
    (known, [at, ...observations]) => step(known, { rules, observations }, now + at * minute),
    [],
  )
  const later = now + 30 * minute
  const found = incidents(ledger, rules, later)
  return { name: 'history', render: (terminal) => renderHistory(found, rules, later, terminal, true) }
}

/** A storm on one pod, kills of many pods, and pods that nobody can name any more, as a node at 3 am has them. */
function kills(): Snapshot {
  const rules = allRules()
  const at = (code: string, index: number, more: Partial<Observation>): Observation => {
    const when = now - (20 - index) * minute
    return { code, subject: '', text: '', at: when, wellAt: when, latest: when, ...more }
  }
  const kill = (index: number): Observation => {
    const uid = `${index}8b85a3d-c687-4320-836e-9a2b647445f5`
    const pod = { namespace: 'shop', name: `web-6f7c9d5b8-x5g${index}r`, container: 'app' }
    return at('memory.oom-killed', index, {
      subject: index < 8 ? `pod ${uid}` : `shop/${pod.name}/app`,
      text: `1 kill at ${clockUtc(now - (20 - index) * minute, now)}, limit 16 MiB; node (pid ${index}).`,
      ...(index >= 8 && {
        pod,
        fix: [`See its limit (on a server): \`kubectl -n shop describe pod ${pod.name}\``],
      }),
      evidence: { kills: 1, limit: '16 MiB' },
    })
  }
  const queue = {
    subject: 'shop/queue-0/queue',
    pod: { namespace: 'shop', name: 'queue-0', container: 'queue' },
  }
  const observations = [
    ...Array.from({ length: 14 }, (_, index) => kill(index)),
    at('memory.oom-storm', 15, {
      ...{ subject: 'node', text: '31 kills at 03:25 UTC: shop/queue-0/queue (31).' },
      evidence: { kills: 31, within: '24 s', containers: queue.subject },
    }),
    at('memory.oom-killed', 15, {
      ...queue,
      text: '31 kills at 03:25 UTC, limit 24 MiB.',
      evidence: { kills: 31 },
    }),
    at('memory.oom-repeating', 15, {
      ...{ ...queue, text: 'OOMKilled 31 times since 03:25.' },
      evidence: { times: 31, within: '24 s' },
    }),
    ...['web', 'api'].map((name, index) =>
      at('memory.container-near-limit', index, {
        ...{
          subject: `shop/${name}-0/app`,
          text: 'Uses 61 MiB of 64 MiB (95 %). It does not grow steadily.',
        },
        pod: { namespace: 'shop', name: `${name}-0`, container: 'app' },
        evidence: { percent: 95 },
      }),
    ),
  ]
  const ledger = step(step([], { rules, observations }, now - 4 * minute), { rules, observations }, now)
  const found = shown(incidents(ledger, rules, now), picture.node, now)
  return { ...picture, incidents: found, sinks: [], silences: [], deadlines: [] }
}

/** The picture, of a flush under a DROP policy in the words of the rules, as the page is read for these. */
function flush(): Snapshot {
  const rules = allRules()
  const seen = ['firewall.flushed', 'firewall.lockout', 'firewall.kube-chains-missing']
  const observations = seen.flatMap((code) => {
    const one = firewall.find(({ it }) => it.code === code)
    return one ? [{ ...one.it, at: now - 18 * minute }] : []
  })
  const ledger = step(step([], { rules, observations }, now - 17 * minute), { rules, observations }, now)
  return { ...picture, incidents: shown(incidents(ledger, rules, now), picture.node, now) }
}

function doctor(): Screen {
  const rows = [
    privileges('CapEff:\t0000000000003004\n', true),
    stateFolder('/var/lib/murphy', { size: 2 ** 35, available: 2 ** 34, inodes: 0, inodesFree: 0 }),
    clock({ stdout: 'NTPSynchronized=no\n', stderr: '', exit: 0 }, undefined, 'info'),
    journal(false),
    ...picture.sinks.map((it) => sinkRow(it, undefined, now)),
    nodeRow(flush().incidents, true),
  ]
  const machine = 'k3s server v1.36.3+k3s1, Raspberry Pi 4 Model B, ARM Cortex-A72, mmcblk0 59.5 GiB SD/eMMC'
  const it = { node: 'node1', machine, rows, state: gravestState(rows, 'ok') }
  return { name: 'doctor', render: (terminal) => renderDoctor(it, terminal) }
}

/** All others: of a picture, a night and a machine that never change. */
export function screens(): readonly Screen[] {
  const all = catalogue()
  const area = Object.keys(all.rules).filter((it) => it.startsWith('memory.'))
  const well = { ...picture, state: 'ok' as const, incidents: [], collectors: picture.collectors.slice(0, 1) }
  const stale = 'Murphy is not running on this machine; what follows is 2 h old.'
  return [
    { name: 'status', render: (it) => renderStatus(flush(), it) },
    { name: 'status-verbose', render: (it) => renderStatus(flush(), it, { verbose: true }) },
    { name: 'status-kills', render: (it) => renderStatus(kills(), it) },
    { name: 'status-kills-verbose', render: (it) => renderStatus(kills(), it, { verbose: true }) },
    { name: 'status-kills-brief', render: (it) => renderBrief(kills(), it) },
    { name: 'status-well', render: (it) => renderStatus(well, it) },
    { name: 'status-stale', render: (it) => renderStatus(flush(), it, { stale }) },
    { name: 'status-watch', render: (it) => renderScreen(renderStatus(flush(), it), 18, it) },
    { name: 'explain', render: (it) => renderRule('firewall.flushed', all, it) },
    { name: 'explain-area', render: (it) => renderArea('memory', area, all, it) },
    { name: 'explain-graph', render: (it) => renderGraph(all, it) },
    night(),
    doctor(),
  ]
}
