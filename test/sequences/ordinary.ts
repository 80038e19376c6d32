import { caused, type Node } from './node.ts'
import { reboots, restarts } from './service.ts'
import type { Act } from './truth.ts'
import { remade } from './workload.ts'

/** What the agent can be made to do: the rest of the sequence knows it only by this. */
export interface Agent {
  /** It is stopped, and started again so much later, ms. */
  restart(ms: number): void
  /** One collector can read nothing for so long, ms. */
  blind(collector: string, ms: number, act: Act): void
}

export interface Ordinary {
  readonly kind: string
  readonly can?: (node: Node) => boolean
  readonly happens: (node: Node, agent: Agent) => void
}

const second = 1000
const minute = 60 * second

/** `ufw reload` and `ufw disable` pass through a state in which nothing is let in (measured: 0.4 s). */
function ufwPasses(node: Node, text: string): void {
  const act = node.act('ufw', text)
  node.changes.push({ ...caused(act), at: node.time.now() })
  node.break('filter ufw', caused(act))
  node.break('ssh', caused(act))
  node.hear('firewall')
  node.time.in(400, () => {
    for (const it of ['filter ufw', 'ssh'] as const) if (node.wrong.get(it)?.by.includes(act)) node.mend(it)
    node.hear('firewall')
  })
}

/** What happens on a node every week and is nobody's trouble. */
export const ordinary: readonly Ordinary[] = [
  {
    kind: 'restart',
    can: (node) => node.k3s.running !== undefined,
    happens: (node) => restarts(node, node.act('restart', 'systemctl restart k3s')),
  },
  {
    kind: 'restarts',
    can: (node) => node.k3s.running !== undefined,
    happens(node) {
      for (let count = 0; count < 3; count += 1)
        node.time.in(count * 70 * second, () => {
          if (node.k3s.running) restarts(node, node.act('restart', 'systemctl restart k3s'))
        })
    },
  },
  {
    kind: 'agent restart',
    happens(node, agent) {
      node.act('agent restart', 'systemctl restart murphy')
      agent.restart(node.dice.between(second, 8 * second))
    },
  },
  {
    kind: 'agent away',
    happens(node, agent) {
      node.act('agent away', 'the agent is stopped for half an hour')
      agent.restart(node.dice.between(5 * minute, 35 * minute))
    },
  },
  {
    kind: 'blindness',
    happens(node, agent) {
      const collector = node.dice.one(['firewall', 'cni', 'memory', 'pods', 'k3s', 'certs'])
      const ms = node.dice.between(10 * second, 15 * minute)
      const act = node.act(
        'blindness',
        `${collector} can read nothing for ${Math.round(ms / second)} s`,
        true,
      )
      agent.blind(collector, ms, act)
    },
  },
  { kind: 'reboot', happens: (node) => reboots(node, node.act('reboot', 'reboot')) },
  { kind: 'ufw reload', can: (node) => node.traits.ufw, happens: (node) => ufwPasses(node, 'ufw reload') },
  {
    kind: 'rollout',
    happens(node) {
      const it = node.dice.one(node.pods.filter(({ name, ill }) => name.split('-').length > 2 && !ill))
      node.act('rollout', `kubectl rollout restart deployment of ${it.name}`)
      remade(node, it)
      // The first new pod brings back a bridge that had gone.
      if (node.is('bridge gone')) bridgeByPod(node)
    },
  },
  {
    kind: 'time correction',
    happens(node) {
      node.act('time correction', 'the clock is corrected by 2 s')
      if (node.offset === 0) node.offset = 2 * second
    },
  },
]

function bridgeByPod(node: Node): void {
  const gone = node.wrong.get('bridge gone')
  if (!gone) return
  node.mend('bridge gone')
  for (const it of node.pods) it.off = true
  node.break('pods off', { by: gone.by, after: ['cni.bridge-missing'] })
  node.hear('cni')
}
