import { patterns } from '../../collectors/pods/patterns.ts'
import type { Illness, Pod, Said } from './cast.ts'
import type { Node } from './node.ts'
import { apiFromPod, dnsFromPod } from './reach.ts'
import { type Origin, together } from './truth.ts'

const second = 1000
const minute = 60 * second

/** The pauses of the kubelet between two starts, ms: 10 s, doubling up to 5 min. */
const backOff = (count: number) => Math.min(5 * minute, 10 * second * 2 ** count)
/** After so long without an end the pauses are short again. */
const calm = 10 * minute

/** A container ends, and is started again after the kubelet's pause; while its illness lasts, it ends again. */
export function ends(node: Node, it: Pod, illness: Illness): void {
  const { time } = node
  const now = time.now()
  const why = illness.still()
  if (!why) return
  it.run += 1
  const { run } = it
  it.ill = illness
  it.down = true
  const fresh = it.times.every((at) => now - at > calm)
  it.loop = fresh ? why : (together([it.loop, why]) as Origin)
  it.ended = { at: now, code: illness.code, ...(illness.reason && { reason: illness.reason }) }
  if (illness.log) says(node, it, { ...illness.log, ...why })
  const count = it.times.filter((at) => now - at < 20 * minute).length
  const again = () => {
    if (it.run !== run) return
    // The kubelet is a part of k3s: without it nothing is started.
    if (!node.k3s.running) {
      time.in(10 * second, again)
      return
    }
    it.down = false
    it.restarts += 1
    it.times.push(time.now())
    node.hear('pods')
    time.in(illness.lives, () => {
      if (it.run !== run) return
      if (illness.still()) ends(node, it, illness)
      else delete it.ill
    })
  }
  time.in(backOff(count) + (count === 0 ? 0 : illness.lives), again)
}

/** A container writes a line that a pattern fits. */
export function says(node: Node, it: Pod, line: Pick<Said, 'pattern' | 'says' | 'line'> & Origin): void {
  const now = node.time.now()
  const known = it.said.find((one) => one.pattern === line.pattern && now - one.last < 60 * minute)
  if (known) {
    // After ten quiet minutes the line is news, and has the origin of now.
    const origin = now - known.last < calm ? (together([known, line]) as Origin) : line
    Object.assign(known, { by: origin.by, after: origin.after, last: now, lines: known.lines + 1 })
  } else
    it.said = [
      ...it.said.filter((one) => one.pattern !== line.pattern),
      { ...line, first: now, last: now, lines: 1 },
    ]
}

/** A pod is deleted, and made anew by what made it: under a new name if that is a deployment. */
export function remade(node: Node, it: Pod): void {
  it.run += 1
  const parts = it.name.split('-')
  if (parts.length > 2)
    it.name = [...parts.slice(0, -1), node.dice.whole(10_000, 99_999).toString(36)].join('-')
  Object.assign(it, { off: false, restarts: 0, times: [], down: false, said: [] })
  delete it.ended
  delete it.loop
  node.near.delete(it)
  const { run, ill } = it
  const starts = () => {
    if (it.run !== run) return
    if (node.k3s.running) ends(node, it, ill as Illness)
    else node.time.in(10 * second, starts)
  }
  if (ill?.still()) node.time.in(ill.lives + 5 * second, starts)
  node.hear('pods')
  node.hear('firewall')
}

/** Pods that need what has just broken end one to three minutes later, if it is still so: they retry for a while. */
export function suffer(node: Node, pods: readonly Pod[] = node.pods): void {
  for (const it of pods) {
    const { needs, run } = it
    if (needs === undefined || it.ill) continue
    const still = () => (needs === 'dns' ? dnsFromPod(node, it) : apiFromPod(node, it))
    if (!still()) continue
    node.time.in(node.dice.between(minute, 3 * minute), () => {
      // A pod that was made anew since, or went down with the node, retries anew.
      if (it.run !== run) suffer(node, [it])
      else if (!it.ill && still()) ends(node, it, needs === 'dns' ? withoutDns(still) : withoutApi(still))
    })
  }
}

const withoutDns = (still: Illness['still']): Illness => ({
  still,
  code: 1,
  reason: 'Error',
  lives: 8 * second,
  log: {
    pattern: 'dns',
    says: 'names cannot be resolved',
    line: 'dial tcp: lookup db.shop.svc.cluster.local on 10.43.0.10:53: read udp 10.42.0.9:41234->10.43.0.10:53: i/o timeout',
  },
})

/** Shipped patterns that fit what a Go program says when it cannot reach the API; there may be none. */
const ofApi = patterns.find(({ name }) => /^(unreachable|timeout)$/.test(name))

const withoutApi = (still: Illness['still']): Illness => ({
  still,
  code: 1,
  reason: 'Error',
  lives: 12 * second,
  ...(ofApi && {
    log: { pattern: ofApi.name, says: ofApi.says, line: 'dial tcp 10.43.0.1:443: i/o timeout' },
  }),
})
