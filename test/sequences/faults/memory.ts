import type { Pod } from '../cast.ts'
import { caused, type Node } from '../node.ts'
import { crashes } from '../service.ts'
import { type Act, from, type Origin } from '../truth.ts'
import { ends, remade, says } from '../workload.ts'
import { type Fault, hour, minute, second } from './fault.ts'

const pod = (node: Node, name: string) => node.pods.find((it) => it.name.startsWith(name)) as Pod

/** The kernel kills a process of a container. */
export function kills(node: Node, it: Pod, origin: Origin, whole = false): void {
  node.kills.push({ ...origin, at: node.time.now(), pod: { ...it }, whole })
  node.hear('memory')
  if (it.database)
    says(node, it, {
      pattern: 'postgres-killed',
      says: 'PostgreSQL lost a process to SIGKILL, mostly the OOM killer, and restarts all of its sessions',
      line: 'server process (PID 71) was terminated by signal 9: Killed',
      ...from(origin, 'memory.oom-killed'),
    })
}

/** A container that is killed at its limit at each start, until the limit is raised. */
function killedAgain(node: Node, it: Pod, act: Act): () => void {
  let on = true
  const origin = caused(act)
  const killed = () => {
    if (!on) return
    kills(node, it, origin)
    ends(node, it, {
      still: () => (on ? from(origin, 'memory.oom-killed') : undefined),
      code: 137,
      reason: 'OOMKilled',
      lives: 20 * second,
    })
    node.time.in(it.times.length < 3 ? 50 * second : 4 * minute, killed)
  }
  killed()
  return () => {
    on = false
    node.act('limit raised', `the limit of ${it.name} is raised`)
    remade(node, it)
  }
}

/** A database that was killed finds no valid checkpoint at a later start. */
function walLost(node: Node, origin: Origin): () => void {
  const it = pod(node, 'db-0')
  let on = true
  ends(node, it, {
    still: () => (on ? origin : undefined),
    code: 1,
    reason: 'Error',
    lives: 3 * second,
    log: {
      pattern: 'postgres-wal',
      says: 'PostgreSQL cannot start: it finds no valid checkpoint in its write-ahead log',
      line: 'PANIC:  could not locate a valid checkpoint record',
    },
  })
  return () => {
    on = false
    node.act('restored', 'the database is restored from a backup')
    remade(node, it)
  }
}

const nobody = () => {}

export const memoryFaults: readonly Fault[] = [
  {
    kind: 'OOM kill by limit',
    text: 'media/encoder reaches its limit, and one of its processes is killed',
    begin(node, act) {
      kills(node, pod(node, 'encoder'), caused(act))
      return nobody
    },
  },
  {
    kind: 'OOM kill of another',
    text: 'default/web reaches its limit, and one of its processes is killed',
    begin(node, act) {
      kills(node, pod(node, 'web'), caused(act))
      return nobody
    },
  },
  {
    kind: 'OOM loop',
    text: 'default/oomer needs more than its limit at each start',
    can: (node) => !pod(node, 'oomer').ill,
    begin: (node, act) => killedAgain(node, pod(node, 'oomer'), act),
    lasts: [5 * minute, 50 * minute],
  },
  {
    kind: 'OOM storm',
    text: 'default/batch forks without end within its limit',
    begin(node, act) {
      const it = pod(node, 'batch')
      for (let count = 0; count < 40; count += 1)
        node.time.in(count * 900, () => kills(node, it, caused(act)))
      return nobody
    },
  },
  {
    kind: 'OOM kill of the database',
    text: 'shop/db-0 reaches its limit, and one of its processes is killed',
    can: (node) => !pod(node, 'db-0').ill,
    begin(node, act) {
      kills(node, pod(node, 'db-0'), caused(act))
      let repair = nobody
      if (node.dice.yes(0.5))
        node.time.in(node.dice.between(10 * minute, 4 * hour), () => {
          if (!pod(node, 'db-0').ill) repair = walLost(node, from(caused(act), 'memory.oom-killed'))
          node.time.in(node.dice.between(10 * minute, hour), () => repair())
        })
      return nobody
    },
  },
  {
    kind: 'WAL by itself',
    text: 'the volume of shop/db-0 is restored without its WAL',
    can: (node) => !pod(node, 'db-0').ill,
    begin: (node, act) => walLost(node, caused(act)),
    lasts: [6 * minute, 60 * minute],
  },
  {
    kind: 'system OOM',
    text: 'a process outside of pods leaks until the node has no memory left',
    can: (node) => !node.is('filling'),
    begin(node, act) {
      node.break('filling', caused(act))
      const shown = from(caused(act), 'memory.node-filling')
      let on = true
      node.time.in(node.dice.between(2 * minute, 8 * minute), () => {
        if (!on) return
        node.break('pressure', shown)
        node.time.in(node.dice.between(30 * second, 4 * minute), () => {
          if (!on) return
          for (const name of ['encoder', 'web', 'cache'])
            if (node.dice.yes(0.6)) kills(node, pod(node, name), from(shown, 'memory.oom-system'), true)
          if (node.dice.yes(0.4)) {
            kills(node, pod(node, 'encoder'), from(shown, 'memory.oom-system'), true)
            crashes(node, from(shown, 'memory.oom-system'), { signal: 'KILL', result: 'oom-kill' })
          }
          node.mend('pressure', 'filling')
        })
      })
      return () => {
        on = false
        if (!node.is('filling')) return
        node.act('killed it', 'kill the process that leaks')
        node.mend('pressure', 'filling')
      }
    },
  },
  {
    kind: 'pressure',
    text: 'a build reads its own files again and again',
    can: (node) => !node.is('pressure'),
    begin(node, act) {
      node.break('pressure', caused(act))
      return () => {
        node.act('build ended', 'the build is stopped')
        node.mend('pressure')
      }
    },
    lasts: [4 * minute, 40 * minute],
  },
  {
    kind: 'near its limit',
    text: 'shop/cache-0 grows up to its limit',
    can: (node) => !node.near.has(pod(node, 'cache')),
    begin(node, act) {
      const it = pod(node, 'cache')
      node.near.set(it, { ...caused(act), since: node.time.now() })
      if (node.dice.yes(0.5))
        node.time.in(node.dice.between(5 * minute, 50 * minute), () => {
          if (node.near.get(it)?.by.includes(act)) {
            kills(node, it, from(caused(act), 'memory.container-near-limit'))
            node.near.delete(it)
          }
        })
      return () => {
        if (!node.near.has(it)) return
        node.act('cache restarted', 'kubectl -n shop delete pod cache-0')
        remade(node, it)
      }
    },
    lasts: [6 * minute, 60 * minute],
  },
  {
    kind: 'crash by its own bug',
    text: 'a new version of default/web ends with exit code 2 at each start',
    can: (node) => !pod(node, 'web').ill,
    begin(node, act) {
      let on = true
      const it = pod(node, 'web')
      const still = () => (on ? caused(act) : undefined)
      ends(node, it, { still, code: 2, reason: 'Error', lives: 5 * second })
      return () => {
        on = false
        node.act('rolled back', 'kubectl rollout undo deployment web')
        remade(node, it)
      }
    },
    lasts: [6 * minute, 60 * minute],
  },
  {
    kind: 'crash by its settings',
    text: 'a ConfigMap of shop/cart names a host that does not exist; it ends with exit code 1',
    can: (node) => !pod(node, 'cart').ill,
    begin(node, act) {
      let on = true
      const it = pod(node, 'cart')
      const still = () => (on ? caused(act) : undefined)
      ends(node, it, { still, code: 1, reason: 'Error', lives: 4 * second })
      return () => {
        on = false
        node.act('corrected', 'the ConfigMap is corrected')
        remade(node, it)
      }
    },
    lasts: [6 * minute, 60 * minute],
  },
]
