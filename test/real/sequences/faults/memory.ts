import { setTimeout as pause } from 'node:timers/promises'
import { killInPod } from '../../standin.ts'
import type { Node } from '../node.ts'
import type { RealFault } from './fault.ts'

/** A process of the pod is killed so many times. `shop/web-0` is not the database, whose kills are critical. */
const killed = (node: Node, name: string, times: number) =>
  Array.from({ length: times }).reduce<Promise<void>>(
    (before) => before.then(() => killInPod(node.container, name)),
    Promise.resolve(),
  )

/** Kills of real processes: the kernel's log is the whole machine's, so these are played in one sequence at a time. */
export const killFaults: readonly RealFault[] = [
  {
    kind: 'OOM kill',
    text: 'a process of shop/web outgrows its limit',
    facts: ['kill of web'],
    script: (node) => killed(node, 'web', 1),
    makes: { code: 'memory.oom-killed', subject: 'shop/web/' },
    past: true,
  },
  {
    kind: 'OOM kill of another',
    text: 'a process of shop/api outgrows its limit',
    facts: ['kill of api'],
    script: (node) => killed(node, 'api', 1),
    makes: { code: 'memory.oom-killed', subject: 'shop/api/' },
    past: true,
  },
  {
    kind: 'OOM storm',
    text: 'every start of shop/queue is killed, 24 times',
    facts: ['kill of queue'],
    // Kills within ten seconds of a storm are counted as its own: nobody could tell them apart.
    script: (node) => killed(node, 'queue', 24).then(() => pause(10_500)),
    makes: { code: 'memory.oom-killed', subject: 'shop/queue/' },
    also: [{ code: 'memory.oom-storm' }, { code: 'memory.oom-records-lost' }],
    leads: [{ code: 'memory.oom-repeating', subject: 'shop/queue/' }],
    past: true,
  },
]
