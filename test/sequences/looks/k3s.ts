import { exactMoment } from '../../../agent/text/times.ts'
import type { Node } from '../node.ts'
import { profile } from '../profile.ts'
import { apiWrong } from '../reach.ts'
import { from, type Origin, type Statement, together } from '../truth.ts'
import { nodeStateSays } from './cluster.ts'

const minute = 60_000
/** collectors/k3s/assess.ts `grace`, service.ts `steady`, happened.ts `held`. */
const [grace, steady, held] = [3 * minute, 5 * minute, 5 * minute]

/** What the collector of k3s says of the node now. */
export function k3sSays(node: Node): readonly Statement[] {
  const loop = looping(node)
  return [
    ...loop,
    ...(loop.length > 0 ? [] : down(node)),
    ...health(node),
    ...nodeStateSays(node),
    ...disk(node),
    ...events(node, loop.length > 0),
  ]
}

function looping(node: Node): readonly Statement[] {
  const { k3s, time } = node
  const now = time.now()
  const again = k3s.again.filter((it) => now - it.at <= 15 * minute)
  const [first] = again
  const origin = together(again)
  if (!first || !origin || again.length < 3) return []
  if (k3s.running && now - k3s.running.since >= steady) return []
  const text = `k3s was started ${again.length} times again since ${exactMoment(node.wall(first.at))} (exit code 1).`
  const evidence = { restarts: again.length, result: 'exit-code', status: 1 }
  return [
    {
      code: 'k3s.restarting',
      subject: 'k3s',
      text,
      at: node.wall(first.at),
      latest: node.wall(again.at(-1)?.at ?? 0),
      seen: true,
      past: true,
      evidence,
      ...origin,
    },
  ]
}

function down(node: Node): readonly Statement[] {
  const { k3s, time } = node
  const { gone, why } = k3s
  if (k3s.running || gone === undefined || !why) return []
  const pause = { failed: 0, activating: 3 * minute, inactive: 15 * minute, active: 0 }[k3s.state]
  const stopped = k3s.state === 'inactive'
  const soon = time.now() - gone < pause
  return [
    {
      code: 'k3s.down',
      subject: 'k3s',
      at: node.wall(gone),
      ...(stopped && { severity: soon ? ('info' as const) : ('warning' as const) }),
      text: `k3s server (k3s) ${stopped ? 'was stopped' : 'failed'} at ${exactMoment(node.wall(gone))}.`,
      seen: stopped || !soon,
      early: !stopped && soon,
      evidence: { state: k3s.state, result: stopped ? 'success' : 'exit-code', status: stopped ? 0 : 1 },
      ...why,
    },
  ]
}

function health(node: Node): readonly Statement[] {
  const { k3s, time, wrong } = node
  const run = k3s.running
  const judged = (origin: Origin & { readonly since?: number }) =>
    run
      ? (origin.since ?? 0) < run.since || time.now() - run.since >= grace
      : (origin.since ?? 0) < (k3s.gone ?? 0)
  const found: Statement[] = []
  const api = apiWrong(node)
  if (api) {
    const since = Math.min(
      ...(['hung', 'datastore', 'expired', 'disk full', 'filter ufw'] as const).flatMap(
        (it) => wrong.get(it)?.since ?? [],
      ),
    )
    const status = wrong.has('expired') ? 401 : undefined
    found.push({
      code: 'k3s.api-unhealthy',
      subject: 'api',
      text: status
        ? "The API answers 401: it does not accept this node's own certificate."
        : 'The API does not answer within 5 s.',
      at: node.wall(since),
      seen: judged({ ...api, since }),
      early: true,
      ...(status && { evidence: { status } }),
      ...api,
    })
  }
  const [hung, closed] = [wrong.get('kubelet'), wrong.get('filter ufw')]
  // What comes in is dropped, from loopback too: a kubelet that hangs by itself does not answer by either.
  const both = together([hung, closed && from(closed, 'firewall.lockout')])
  const kubelet = both && { ...both, since: Math.min(...[hung, closed].flatMap((it) => it?.since ?? [])) }
  if (kubelet)
    found.push({
      code: 'k3s.kubelet-unhealthy',
      subject: 'kubelet',
      text: 'The kubelet does not answer within 5 s.',
      at: node.wall(kubelet.since),
      seen: judged(kubelet),
      early: true,
      ...kubelet,
    })
  return found
}

function disk(node: Node): readonly Statement[] {
  const filling = node.wrong.get('disk filling')
  if (!filling) return []
  const full = node.is('disk full')
  const text = `/var/lib/rancher is ${full ? 100 : 93} % full.`
  return [
    {
      code: 'k3s.disk-filling',
      subject: '/var/lib/rancher',
      text,
      ...(full && { severity: 'critical' as const }),
      seen: true,
      ...filling,
    },
  ]
}

/** The last of each kind, for five minutes; while k3s restarts in a loop, single restarts are not told. */
function events(node: Node, loops: boolean): readonly Statement[] {
  const now = node.time.now()
  const recent = node.happened.filter(
    (it) => now - it.at < held && !(loops && /^k3s.(restarted|crashed)$/.test(it.code)),
  )
  const shown =
    profile().starts === 'last' ? [...new Map(recent.map((it) => [it.code, it])).values()] : recent
  return shown.map(({ code, at, text, by, after, evidence }) => ({
    code,
    subject: code === 'k3s.rebooted' ? 'node' : 'k3s',
    at: node.wall(at),
    text,
    ...(evidence && { evidence }),
    seen: true,
    past: true,
    by,
    after,
  }))
}

/** Whose answers say when they were last well. */
export const answering = ['k3s.api-unhealthy', 'k3s.kubelet-unhealthy'] as const

/** Kept for what only whole looks read: the answers of the API and the disks. */
export const ofWholeLooks: ReadonlySet<string> = new Set(['k3s.disk-filling', ...answering])
