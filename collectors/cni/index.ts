import { collector, type Watch } from '../../agent/model/index.ts'
import { assess } from './assess.ts'
import { areCutOff, hanging } from './bridge.ts'
import { collect } from './collect.ts'
import { confFolder, subnetFile } from './conf.ts'
import { outward, plan } from './expected.ts'
import { forwardingPolls } from './forwarding-poll.ts'
import { addressDeadlines } from './leak.ts'
import { allErrors } from './link-errors.ts'
import { measures } from './measures.ts'
import { isRelevantLine } from './monitor.ts'
import { page } from './page.ts'
import { reachPolls } from './reach-poll.ts'
import { rules } from './rules.ts'
import type { CniSample } from './sample.ts'
import { summary } from './summary.ts'

/**
 * The pod network of a k3s node with flannel: does it exist and work? `expected.ts` works out from the node itself what
 * should be there.
 */
export const cni = collector({
  name: 'cni',
  title: 'pod network',
  // Most breakage is reported at once by `watch`. Scheduled runs find what no event reports: DNS, settings, counters
  // and addresses; that k3s has now run for long enough to have created its files; a lost event. A run costs 18 ms of
  // CPU with five pods and 39 ms with 250, its two processes included: 0.01 to 0.02 % of a core at this pace (`node
  // test/bench/cni.ts`).
  every: '20 */3 * * * *',
  woken:
    "`ip monitor` reports a change of the bridge, the overlay, the uplink, the path to another node or, while pods are cut off, a pod's veth; flannel's files change; the kernel stops forwarding (polled every 5 s); or another node falls silent (one packet each every 10 s)",
  timeout: 20_000,
  rules,
  measures,
  page,
  settings: {},
  collect: (host, _settings, past) => collect(host, past),
  assess: (sample, past, _settings, now) => assess(sample, now, past.sample),
  summary: (sample) => summary(sample),
  series(sample: CniSample): Readonly<Record<string, number>> {
    const it = plan(sample)
    if (it.kind !== 'flannel' || !sample.interfaces) return {}
    const { pods, veths } = hanging(sample, it.bridge)
    return {
      pods: pods.length,
      veths,
      ...(sample.errors && { errors: allErrors(sample.errors) }),
      ...(sample.pool && { addresses: sample.pool.used, leaked: Object.keys(sample.pool.leaked).length }),
      ...(sample.peers && { peers: sample.peers.length }),
    }
  },
  deadlines: (sample, _settings, now) => addressDeadlines(sample, now),
  watch(_settings, sample): readonly Watch[] {
    const it = sample?.k3s && plan(sample)
    if (!sample?.k3s || !it) return []
    const polls = forwardingPolls(sample)
    if (it.kind !== 'flannel') return polls
    const own = [it.bridge, ...it.overlays]
    return [
      {
        kind: 'command',
        argv: ['ip', 'monitor', 'link', 'address', 'route', 'neigh'],
        isRelevant: isRelevantLine({ own, outward: outward(sample), pods: areCutOff(sample, it.bridge) }),
      },
      { kind: 'paths', paths: [subnetFile, confFolder(sample.k3s)] },
      ...polls,
      ...reachPolls(sample),
    ]
  },
})
