import { hash } from 'node:crypto'
import type { Watch } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { type Asked, mostAsked, reachable } from './reach.ts'
import { passesOtherwise, passesWhole } from './reach-ask.ts'
import type { CniSample } from './sample.ts'

/**
 * How long after its last answer a node is asked again, ms. With one packet a node, 0.15 ms of CPU each, 50 nodes cost
 * 0.08 % of a core, and three 0.005 %.
 */
export const pollPause = 10_000

/** How many of the nodes that do not answer such packets are asked otherwise in one poll: that may cost a process each. */
const mostOther = 2

const beginning = 'packets to '

/** Whether a wake event is of this poll. */
export const isOfPoll = (text: string): boolean => text.startsWith(beginning)

/**
 * Nothing tells of packets that are lost on the way to another node: a firewall over there, or a router between. So each
 * node is sent a packet of full size every ten seconds, in turns where there are more than fifty, and a round starts when
 * another set of them is silent than before. Its first answer is what the last round saw, so that nothing falls between.
 */
export function reachPolls(sample: CniSample): Watch[] {
  const all = reachable(sample)
  if (all.length === 0) return []
  const { reach = {} } = sample
  const usual = all.filter(({ via }) => reach[via]?.by === 'udp')
  const other = all.filter(({ via }) => reach[via]?.by !== 'udp' && reach[via]?.passes !== undefined)
  if (usual.length + other.length === 0) return []
  const silent = new Set(
    [...usual, ...other].filter(({ via }) => reach[via]?.passes !== 'all').map(({ via }) => via),
  )
  let turn = -1
  const keys = [...usual, ...other]
    .map((it) => `${it.via} ${it.mtu} ${it.node} ${reach[it.via]?.by === 'udp'}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
  return [
    {
      kind: 'poll',
      name: `${beginning}${many(keys.length, 'other node')} (${hash('sha1', keys.join('\n')).slice(0, 8)})`,
      pause: pollPause,
      async ask(host) {
        const note = ({ via }: Asked, well: boolean | undefined) => {
          if (well === false) silent.add(via)
          else if (well) silent.delete(via)
        }
        if (turn >= 0)
          await Promise.all([
            ...inTurn(usual, mostAsked, turn).map(async (it) => note(it, await passesWhole(host, it))),
            ...inTurn(other, mostOther, turn).map(async (it) =>
              note(it, await passesOtherwise(host, it, reach[it.via]?.by)),
            ),
          ])
        turn += 1
        return all.flatMap(({ via }) => (silent.has(via) ? [via] : [])).join(' ')
      },
    },
  ]
}

/** The next few of a list, from its beginning again where it ends. Pure. */
export function inTurn<T>(all: readonly T[], most: number, turn: number): readonly T[] {
  const turns = Math.max(1, Math.ceil(all.length / most))
  const from = (turn % turns) * most
  return all.slice(from, from + most)
}
