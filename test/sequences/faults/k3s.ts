import { caused, type Fact, type Node } from '../node.ts'
import { cannotStart, crashes, killall, restarts, starts, stops } from '../service.ts'
import { from, together } from '../truth.ts'
import { ends, says } from '../workload.ts'
import { type Fault, minute, restartK3s, second, steady } from './fault.ts'

const free =
  (...facts: readonly Fact[]) =>
  (node: Node) =>
    steady(node) && facts.every((it) => !node.is(it))
const start = (node: Node) => () => {
  if (node.k3s.running) return
  starts(node, caused(node.act('start', 'systemctl start k3s')))
}

const file = (
  kind: string,
  text: string,
  fact: Fact,
  more: Partial<Fault> & { readonly wakes?: string } = {},
): Fault => ({
  kind,
  text,
  can: free(fact, 'expired'),
  begin(node, act) {
    node.break(fact, caused(act))
    if (more.wakes) node.hear(more.wakes)
    return () => {
      node.act(`${kind} repaired`, `the repair of: ${text}`)
      node.mend(fact)
      if (more.wakes) node.hear(more.wakes)
    }
  },
  ...more,
})

export const certificateFaults: readonly Fault[] = [
  file('certificates expired', 'the certificates of k3s pass their last moment', 'expired', {
    can: free('expired', 'expiring', 'chain'),
    begin(node, act) {
      node.break('expired', caused(act))
      node.hear('certs')
      return restartK3s(node)
    },
  }),
  file('certificates expiring', 'certificates come into their last weeks', 'expiring', {
    can: free('expired', 'expiring'),
    begin(node, act) {
      node.break('expiring', caused(act))
      return restartK3s(node)
    },
    lasts: [25 * minute, 90 * minute],
  }),
  file('chain', 'a CA is restored from an old backup', 'chain', {
    wakes: 'certs',
    lasts: [5 * minute, 50 * minute],
  }),
  file('rotated', 'k3s certificate rotate, without a restart', 'unloaded', {
    wakes: 'certs',
    begin(node, act) {
      node.break('unloaded', caused(act))
      node.hear('certs')
      return restartK3s(node)
    },
    lasts: [20 * minute, 60 * minute],
  }),
  file('kubeconfig', 'an old k3s.yaml is copied to /root/.kube/config', 'kubeconfig', {
    lasts: [25 * minute, 90 * minute],
  }),
  {
    kind: 'clock',
    text: 'the clock is set an hour ahead',
    can: (node) => node.offset === 0,
    begin(node, act) {
      const by = node.dice.yes(0.5) ? 60 * minute : -30 * minute
      const set = (offset: number) => {
        node.offset = offset
        node.jumped = { ...caused(act), at: node.time.now() }
      }
      set(by)
      node.break('clock', caused(act))
      return () => {
        node.act('clock', 'systemctl restart systemd-timesyncd')
        set(0)
        node.mend('clock')
      }
    },
    lasts: [12 * minute, 60 * minute],
  },
]

export const k3sFaults: readonly Fault[] = [
  {
    kind: 'k3s crashes once',
    text: 'k3s panics; systemd starts it again',
    can: steady,
    begin(node, act) {
      crashes(node, caused(act))
      return () => {}
    },
  },
  {
    kind: 'k3s down',
    text: 'k3s fails, and systemd gives up (start-limit-hit)',
    can: steady,
    begin(node, act) {
      // Of the tries that systemd made none could succeed, be it by this or by what lets k3s not start anyway.
      stops(node, together([caused(act), cannotStart(node)]) ?? caused(act), 'failed')
      node.broke('hung')
      return start(node)
    },
  },
  {
    kind: 'k3s stopped',
    text: 'systemctl stop k3s, and it is forgotten',
    can: steady,
    begin(node, act) {
      stops(node, caused(act), 'inactive')
      node.broke('hung')
      return start(node)
    },
    lasts: [20 * minute, 60 * minute],
  },
  {
    kind: 'k3s restarts in a loop',
    text: 'a typo in /etc/rancher/k3s/config.yaml: k3s exits at each start',
    can: steady,
    begin(node, act) {
      let on = true
      const again = () => {
        if (!on) return
        crashes(node, caused(act))
        node.time.in(12 * second, again)
      }
      again()
      return () => {
        on = false
        node.act('config', 'the typo is corrected')
        if (!node.k3s.running) restarts(node, node.act('restart', 'systemctl restart k3s'))
      }
    },
    lasts: [4 * minute, 30 * minute],
  },
  {
    kind: 'killall',
    text: 'k3s-killall.sh',
    can: steady,
    begin(node, act) {
      killall(node, act)
      return start(node)
    },
    lasts: [10 * second, 25 * minute],
  },
  {
    kind: 'API hangs',
    text: 'the API hangs: /readyz does not answer',
    can: free('hung', 'datastore'),
    begin(node, act) {
      node.break('hung', caused(act))
      return restartK3s(node)
    },
    lasts: [7 * minute, 40 * minute],
  },
  file('datastore locked', 'the datastore is locked by a backup', 'datastore', {
    lasts: [7 * minute, 40 * minute],
  }),
  {
    kind: 'kubelet',
    text: 'the kubelet hangs on a stuck mount',
    can: free('kubelet'),
    begin(node, act) {
      node.break('kubelet', caused(act))
      return restartK3s(node)
    },
    lasts: [7 * minute, 40 * minute],
  },
  {
    kind: 'disk filling',
    text: 'a dump fills the disk',
    can: free('disk filling', 'disk full'),
    begin(node, act) {
      node.break('disk filling', caused(act))
      let on = true
      if (node.dice.yes(0.5)) node.time.in(node.dice.between(8 * minute, 30 * minute), () => on && full(node))
      return () => {
        on = false
        node.act('room', 'the dump is deleted')
        node.mend('disk filling', 'disk full')
      }
    },
    lasts: [10 * minute, 60 * minute],
  },
]

/** Nothing can be written: the database stops, and the API with its datastore. */
function full(node: Node): void {
  const filling = node.wrong.get('disk filling')
  if (!filling) return
  node.break('disk full', filling)
  const it = node.pods.find(({ name }) => name === 'db-0')
  if (!it || it.ill) return
  const line = { pattern: 'postgres-disk-full', says: 'PostgreSQL has no room on its volume' }
  const text = 'could not extend file "base/5/16384": No space left on device'
  const still = () => {
    const wrong = node.wrong.get('disk full')
    return wrong && from(wrong, 'k3s.disk-filling')
  }
  const origin = still()
  if (origin) says(node, it, { ...line, line: text, ...origin })
  ends(node, it, { still, code: 1, reason: 'Error', lives: 5 * second, log: { ...line, line: text } })
}
