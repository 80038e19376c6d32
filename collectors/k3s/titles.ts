import type { Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { size } from '../../agent/text/sizes.ts'
import { titled } from '../../agent/text/titles.ts'

/** The titles of findings about k3s itself, with what tells them from others. Pure and total. */

type Title = (it: Observation) => string

/** A number of the evidence; undefined where there is none. */
function number({ evidence }: Observation, key: string): number | undefined {
  const it = evidence?.[key]
  return typeof it === 'number' && Number.isFinite(it) && Math.abs(it) < 1e15 ? it : undefined
}

/** How a process ended, by the result that systemd gives (systemd.exec(5), EXIT STATUS). */
function ended(it: Observation): string {
  const result = it.evidence?.result
  if (result === 'oom-kill') return 'OOMKilled'
  if (result === 'timeout' || result === 'watchdog') return result
  if (result === 'start-limit-hit') return 'start limit hit'
  const signal = number(it, 'signal') ?? (result === 'signal' ? number(it, 'status') : undefined)
  if (signal !== undefined) return `signal ${signal}`
  const exit = number(it, 'exit') ?? (result === 'exit-code' ? number(it, 'status') : undefined)
  return exit === undefined ? '' : `exit ${exit}`
}

/** "API not ready (HTTP 503)", "kubelet not answering on :10248" */
function unwell(what: string, it: Observation): string {
  const status = number(it, 'status')
  if (status === 401) return `${what} says 401 Unauthorized`
  if (status !== undefined) return `${what} not ready (HTTP ${status})`
  const port = number(it, 'port')
  return port === undefined ? `${what} not ready` : `${what} not answering on :${port}`
}

/** What is before and behind the node's name, by the reason that the cluster gives. */
const nodes: Readonly<Record<string, readonly [before: string, after: string]>> = {
  runtime: ['NotReady, runtime down: ', ''],
  pleg: ['NotReady, PLEG not healthy: ', ''],
  network: ['NotReady, CNI not ready: ', ''],
  shutdown: ['NotReady, shutting down: ', ''],
  silent: ['NotReady, kubelet silent: ', ''],
  deleted: ['Node object deleted: ', ''],
  disk: ['DiskPressure: ', ' evicts pods'],
  memory: ['MemoryPressure: ', ' evicts pods'],
  pids: ['PIDPressure: ', ' evicts pods'],
}

export const titles = {
  down: (it) => {
    const state = it.evidence?.state
    const how = ended(it)
    if (state === 'failed') return titled('', it.subject, how ? ` failed: ${how}` : ' failed')
    if (state === 'activating') return titled('', it.subject, ' does not finish starting')
    return titled('', it.subject, state === 'inactive' ? ' stopped' : ' not running')
  },
  restarting: (it) => {
    const count = number(it, 'restarts')
    return titled(
      '',
      it.subject,
      ` keeps restarting${count === undefined ? '' : ` (${many(count, 'time')})`}`,
    )
  },
  api: (it) => unwell('Kubernetes API', it),
  part: (it) => unwell(it.subject === 'kube-proxy' ? 'kube-proxy' : 'kubelet', it),
  disk: (it) => {
    const inodes = it.evidence?.of === 'inodes'
    const percent = number(it, inodes ? 'inodes_percent' : 'used_percent')
    const state = percent === undefined ? 'nearly' : `${Math.round(percent)} %`
    return titled(inodes ? `inodes ${state} used: ` : `disk ${state} full: `, it.subject)
  },
  datastore: (it) => {
    const [bytes, log = 0] = [number(it, 'size'), number(it, 'log')]
    const kind = it.subject === 'etcd' ? 'etcd' : 'SQLite'
    return bytes === undefined
      ? `${kind} datastore too large`
      : `${kind} datastore too large: ${size(bytes + log)}`
  },
  restarted: (it) => titled('', it.subject, ' restarted'),
  crashed: (it) => {
    const how = ended(it)
    return titled('', it.subject, how ? ` crashed (${how})` : ' crashed')
  },
  killed: (it) => {
    const count = number(it, 'containers')
    return count === undefined
      ? 'k3s and all containers killed'
      : `k3s-killall.sh: ${many(count, 'container')} killed`
  },
  node: (it) => {
    const reason = it.evidence?.reason
    const of = typeof reason === 'string' && Object.hasOwn(nodes, reason) ? nodes[reason] : undefined
    return titled(of?.[0] ?? 'node NotReady: ', it.subject, of?.[1] ?? '')
  },
} as const satisfies Readonly<Record<string, Title>>
