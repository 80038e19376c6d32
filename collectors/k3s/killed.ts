import { list } from '../../agent/text/lists.ts'
import { exactMoment } from '../../agent/text/times.ts'
import type { Happened, K3sSample, Stood } from './sample.ts'

/**
 * What stood when k3s last ran. `k3s-killall.sh` takes seconds, and a look may come at any moment of it: it stops k3s,
 * then kills the containers, then deletes the links, and the next start brings containers back under new ids and links
 * under new indexes. So each look is held against what stood before the stop, not against the look before it.
 */
export function stoodBefore(before: K3sSample | undefined, looked: number | undefined): Stood | undefined {
  if (!before?.k3s?.running) return before?.stood
  const { tasks, links = {} } = before
  // Without a container or a link nothing can be told from what goes.
  if (!tasks || tasks.some.length === 0 || Object.keys(links).length === 0) return undefined
  return { at: looked ?? 0, count: tasks.count, some: tasks.some, links }
}

/**
 * Containers and links outlive k3s itself: only `k3s-killall.sh` or a boot removes all of them. One container that
 * lives, or one link that is still the same, shows that it was something else. Pure.
 */
export function killed(before: K3sSample, now: K3sSample, looked: number, at: number): Happened[] {
  const stood = stoodBefore(before, looked)
  if (!stood || !wasStopped(before, now)) return []
  const alive = new Set(now.tasks?.some)
  if (stood.some.some((it) => alive.has(it))) return []
  const links = Object.entries(stood.links)
  if (links.some(([name, index]) => now.links?.[name] === index)) return []
  // It begins by stopping k3s, and the start that follows comes after its end.
  const end = Math.min(now.gone ?? (now.k3s?.running?.since ?? at) - 1, at)
  const all = stood.count === 1 ? 'The only container' : `All ${stood.count} containers`
  const text = `${list([all, ...links.map(([name]) => name)])} disappeared between ${exactMoment(stood.at)} and ${exactMoment(at)}. \`k3s-killall.sh\` does that.`
  return [
    {
      code: 'k3s.killed',
      at: Math.max(end, stood.at),
      text,
      evidence: { containers: stood.count, links: links.map(([name]) => name).join(' ') },
    },
  ]
}

function wasStopped({ k3s: was }: K3sSample, { k3s }: K3sSample): boolean {
  if (!k3s?.running) return true
  return k3s.running.pid !== was?.running?.pid || k3s.running.since !== was.running.since
}
