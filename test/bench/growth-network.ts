import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { cluster } from '../../collectors/cluster/index.ts'
import { nodeRows } from '../../collectors/node/api-objects.ts'
import { answerOf, type ClusterNode } from '../receivers/cluster-api.ts'
import type { Subject } from './growth.ts'
import { cpuIn, median } from './measure.ts'
import type { NetRound } from './netround.ts'
import { looksAt } from './wide/rules.ts'

/** What is asked of the kernel and of the API: real rules, interfaces and datagrams, each in a namespace of its own. */

/** On a node with so many pods, of which six were recorded. */
const podRound: Subject['cost'] = async (count, { site }) => {
  const { node } = await site(`growth-${count}`, { pods: count - 6 })
  const [command = '', ...inside] = node.inside
  const argv = [...inside, process.execPath, join(import.meta.dirname, 'netround.ts')]
  const { round } = JSON.parse(execFileSync(command, argv).toString()) as NetRound
  await node.stop()
  return round.cpu
}

const peerPoll: Subject['cost'] = async (count) => {
  const program = `${process.execPath} ${join(import.meta.dirname, 'polled.ts')} ${count}`
  const script = `ip link set lo up; sysctl -qw net.ipv4.icmp_ratelimit=0; ${program}`
  return Number(execFileSync('unshare', ['--net', 'sh', '-ec', script]).toString())
}

const well = (at: number): ClusterNode => ({
  address: `10.0.${at >> 8}.${at % 256}`,
  conditions: [{ type: 'Ready', status: 'True' }],
})

/** Reading the list of the nodes, page by page, and judging it. */
const nodeList: Subject['cost'] = async (count) => {
  const nodes = new Map(Array.from({ length: count }, (_, at) => [`node${at}`, well(at)]))
  const pages: string[] = []
  for (let from: string | undefined = '0'; from !== undefined; from = nodeRows(pages.at(-1) ?? '')?.more) {
    const url = new URL(`https://api/api/v1/nodes?limit=300&continue=${from}`)
    pages.push(String(answerOf(url, 'system:kube-proxy', 'application/json;as=Table', { nodes }).body))
  }
  return cpuIn(() => {
    const rows = pages.flatMap((it) => nodeRows(it)?.items ?? [])
    if (rows.length !== count) throw new Error(`${rows.length} of ${count} nodes`)
    const api = { origin: 'https://127.0.0.1:6443', authority: '', certificate: '' }
    const place = { me: 'node0', distribution: 'k3s' as const, api }
    cluster.assess({ role: 'server', place, nodes: rows }, { heard: [] }, {}, Date.now())
  })
}

export const networkSubjects: readonly Subject[] = [
  { of: 'firewall', work: 'rules', common: 234, cost: async (count) => median(looksAt(count, 3).own) },
  { of: 'cni', work: 'pods', common: 6, cost: podRound },
  {
    ...{ of: 'cni', work: 'peers that are asked', common: 2, cost: peerPoll },
    bound: { most: 512, what: 'more are not looked at, which is said' },
  },
  {
    ...{ of: 'cluster', work: 'nodes', common: 3, cost: nodeList },
    bound: { most: 1200, what: 'more are not listed, which is said' },
  },
]
