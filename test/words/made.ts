import { withUnseen } from '../../agent/core/round.ts'
import { assessSelf } from '../../agent/core/self.ts'
import type { Observation } from '../../agent/model/index.ts'
import { assess as assessNetwork } from '../../collectors/cni/assess.ts'
import { flannelMissing } from '../../collectors/firewall/checks/flannel.ts'
import type { RuleSet } from '../../collectors/firewall/rule-set.ts'
import { collectors } from '../../collectors/index.ts'
import { assess as assessPods } from '../../collectors/pods/assess.ts'
import { patterns } from '../../collectors/pods/patterns.ts'
import { sampleOf } from '../collectors/cni/node.ts'
import { ofCertificates } from './made-of-certs.ts'
import { ofK3s } from './made-of-k3s.ts'

/** What Murphy itself makes of states that no recorded node is in: the texts that a title's example cannot hold. */
const minute = 60_000
const now = Date.UTC(2026, 10, 29, 3, 12)
const failing = {
  since: now - 70 * minute,
  why: 'hooks.example.org could not be reached in time',
  next: now + 10 * minute,
}

const ofMurphy = [
  {
    stateProblem: 'SQLITE_FULL: database or disk is full',
    gone: 'it answered 410: it wants no more of these',
  },
  { stateProblem: 'it was written by a newer Murphy (state version 9)' },
].flatMap(
  ({ stateProblem, gone }) =>
    assessSelf(
      {
        sinks: [
          { name: 'discord', failing },
          { name: 'ops', ...(gone && { gone }) },
        ],
        heartbeats: [{ name: 'healthchecks', every: minute, failing }],
        exposed: [
          { place: '192.168.1.11:9797', failing: { ...failing, why: 'another program listens there' } },
        ],
        kubernetesRefused: { ...failing, why: 'the API answered 403: nodes "node1" is forbidden' },
        stateProblem,
        lost: { text: 'The state was damaged: 12 of 4000 rows are lost.', at: now },
      },
      now,
    ).observations,
)

const ofBlindness = collectors.flatMap((it) =>
  ['permission denied', 'not done within 30 s, so it was given up'].flatMap((why) => {
    const nothing = { collector: it.name, at: now, took: 1, rules: {}, observations: [], unseen: [] }
    const more = [1, 2, 3, 4].map((at) => ({
      what: `part ${at}`,
      why: `reading /proc/part${at}: ${why}`,
      codes: [],
    }))
    return withUnseen(it, nothing, more).observations
  }),
)

const pod = { namespace: 'shop', name: 'db-0', container: 'postgres' }
const times = [3, 2, 1].map((ago) => now - ago * minute)
const said = patterns
  .filter((it) => !it.silent)
  .map(({ name }) => ({
    pod,
    pattern: name,
    lines: 3,
    first: now,
    last: now,
    excerpt: 'PANIC:  could not locate',
  }))
const ofPods = [
  { pod, restarts: 12, times, down: true, ended: { code: 137, reason: 'OOMKilled', at: now - minute } },
  { pod, restarts: 3, times, ended: { code: 1, at: now - minute } },
  {
    pod: { ...pod, namespace: 'kube-system' },
    restarts: 1,
    times: [...times, now],
    ended: { code: 139, at: now },
  },
].flatMap((it) =>
  // A log says the same of each.
  (it.down ? [[], ...said.map((one) => [one])] : [[]]).flatMap((its) =>
    assessPods(
      { places: {}, restarting: [it], said: its },
      {
        ...{ restarts: 3, window: 30 * minute, hold: 60 * minute },
        patterns: new Map(patterns.map((one) => [one.name, one])),
      },
      now,
    ),
  ),
)

const healthy = await sampleOf('healthy')
const started = healthy.k3s?.running?.since ?? 0
const ofNetwork = [[], [{ file: '10-flannel.conflist', types: [] }]].flatMap((confs) =>
  [3, 60].flatMap((ran) => assessNetwork({ ...healthy, subnet: null, confs }, started + ran * minute)),
)
const ofFirewall = flannelMissing(
  {
    sets: [{ family: 'ipv4' } as RuleSet],
    ...{ ssh: { ports: { ipv4: [], ipv6: [] } }, input: {} },
    k3s: { unit: 'k3s-agent', proxies: ['ipv4'], running: { pid: 1, since: now - 10 * minute } },
    memory: { reference: {}, flannel: { places: ['ipv4 filter', 'ipv4 nat'], missing: now - minute } },
  },
  now,
  { 'ipv4 nat kube-proxy': [9, 3] },
)

export const made: readonly Observation[] = [
  ...ofMurphy,
  ...ofBlindness,
  ...ofPods,
  ...ofNetwork,
  ...ofFirewall,
  ...ofCertificates,
  ...ofK3s,
]
