import { setTimeout as pause } from 'node:timers/promises'
import { rules } from '../../sequences/core.ts'
import { isAlarm } from '../../sequences/obligations.ts'
import type { Sequence } from '../../sequences/sequence.ts'
import type { Ordinary, Plan, Step } from './draw.ts'
import { ofStarts } from './faults/k3s.ts'
import type { Node } from './node.ts'
import { makeScore, noticed } from './score.ts'
import { type Deed, type Moment, makeTruth } from './truth.ts'

/** How often the agent is looked at, and how much of the time between two looks counts, ms. */
const [every, most] = [250, 500]
/** What a start of k3s in vain, or as the repair of something, is. */
const restarted = {
  ...{ kind: 'restart', text: 'systemctl restart k3s' },
  ...{ makes: { code: 'k3s.restarted' }, leads: ofStarts },
}
/** How long a repair may take to be seen by the agent until nobody waits for that any more, ms of the fair clock. */
const patience = 30_000

export interface Played extends Sequence {
  /** How long each repair took to be confirmed, ms; as seen from outside, every quarter of a second. */
  readonly confirmed: readonly number[]
  /** Findings that come from nothing that was done. */
  readonly unplaced: readonly string[]
  /** What the agent logged. */
  readonly log: string
}

/** What one fault has come to, for those that wait for it. */
interface Progress {
  readonly begun: PromiseWithResolvers<void>
  readonly found: PromiseWithResolvers<void>
  readonly told: PromiseWithResolvers<void>
  readonly repaired: PromiseWithResolvers<void>
}

/** Plays a sequence on a node that is well, and leaves it so. Rejects where a script fails, or the node is not well. */
export async function playOn(node: Node, plan: Plan): Promise<Played> {
  await node.fresh(plan.profile === 'kills')
  const show = openShow(node)
  try {
    await show.well()
    const progress = plan.steps.map(
      (): Progress => ({
        begun: Promise.withResolvers(),
        found: Promise.withResolvers(),
        told: Promise.withResolvers(),
        repaired: Promise.withResolvers(),
      }),
    )
    await Promise.all(plan.steps.map((_, at) => one(show, plan, at, progress)))
    return { seed: plan.seed, traits, acts: show.truth.deeds, ...(await show.end()), log: node.log() }
  } finally {
    await show.close()
  }
}

const traits = { ufw: true, peer: true, dnsHere: true, panics: false }

/** One fault from its beginning to its end, beside the others. */
async function one(show: Show, { steps, ordinary }: Plan, at: number, all: readonly Progress[]) {
  const step = steps[at] as Step
  const mine = all[at] as Progress
  const before = all[at - 1]
  if (before)
    await { 'at once': before.begun, found: before.found, told: before.told, repaired: before.repaired }[
      step.comes
    ].promise
  await pause(step.pause)
  for (const it of ordinary.filter((one) => one.before === at)) await show.ordinarily(it)
  const deed = await show.breaks(step)
  mine.begun.resolve()
  const limit = show.truth.isJudged(deed) ? (rules[step.fault.makes.code]?.pendingFor ?? 0) + noticed : 0
  const is = (what: 'found' | 'told') => () => show.score.state(deed)[what] || deed.undone !== undefined
  await show.until(is('found'), limit)
  mine.found.resolve()
  await show.until(is('told'), limit)
  mine.told.resolve()
  const next = steps[at + 1]
  if (step.repair === 'late' && next && next.comes !== 'repaired') await all[at + 1]?.told.promise
  await pause(step.thinks)
  await show.repairs(step, deed)
  mine.repaired.resolve()
  await show.confirms(deed)
}

type Show = ReturnType<typeof openShow>

/** The agent on a node, looked at again and again, and the hand that breaks and mends the node. */
function openShow(node: Node) {
  let fair = 0
  let upSince = 0
  let up = true
  let over = false
  let failed: unknown
  const now = (): Moment => ({ fair, real: Date.now() })
  const truth = makeTruth(now)
  const score = makeScore(truth, now)
  const confirmed: number[] = []
  let open: readonly string[] = ['not looked yet']
  let hand = Promise.resolve()
  /** One after the other, as commands are given on one console. */
  const does = (what: () => Promise<void>) => {
    hand = hand.then(what)
    return hand
  }

  async function looking(): Promise<void> {
    for (let last = performance.now(); !over; ) {
      await pause(every)
      // First what has arrived: it was in the ledger before it was sent.
      const arrived = up ? node.arrivals() : []
      const snapshot = await node.snapshot().catch(() => undefined)
      // Time in which this machine served neither the agent nor whoever looks at it is nobody's fault.
      fair += Math.min(performance.now() - last, most)
      last = performance.now()
      if (!snapshot || !up) {
        upSince = fair
        continue
      }
      score.look(snapshot, arrived, upSince)
      open = snapshot.incidents.flatMap((it) =>
        [it.cause, ...it.affected].flatMap((one) =>
          one.resolved === undefined && isAlarm(one) ? [`${one.code} ${one.subject}: ${one.text}`] : [],
        ),
      )
    }
  }
  const watching = looking().catch((error) => {
    failed = error
  })

  /** Until something is so, or for so long by the fair clock. */
  async function until(is: () => boolean, ms: number): Promise<boolean> {
    for (const end = fair + ms; ; await pause(every / 2)) {
      if (failed) throw failed
      if (is()) return true
      if (fair > end) return false
    }
  }
  const undo = (it: Deed) => {
    it.undone ??= now()
  }
  /** A start of k3s mends what it makes anew. */
  async function restart(fault: typeof restarted = restarted): Promise<void> {
    const it = truth.begins(fault, false)
    await node.sh('restart')
    it.done()
    for (const deed of truth.deeds) if (deed.byRestart) undo(deed)
  }

  return {
    ...{ truth, score, until },
    async well(): Promise<void> {
      if (!(await until(() => open.length === 0, patience)))
        throw new Error(`the node is not well before the sequence:\n${open.join('\n')}`)
    },
    async breaks({ fault }: Step): Promise<Deed> {
      const { script } = fault
      const its: { deed?: Deed } = {}
      await does(async () => {
        const { deed, done } = truth.begins(fault, true)
        its.deed = deed
        await (typeof script === 'string' ? node.sh(script) : script(node))
        done()
        if (fault.makes.code === 'k3s.crashed') for (const it of truth.deeds) if (it.byRestart) undo(it)
      })
      return its.deed as Deed
    },
    async repairs({ fault, repair }: Step, deed: Deed): Promise<void> {
      const { partial } = fault
      if (fault.past) return
      if (repair === 'in vain') await does(() => restart())
      if (repair === 'in part' && partial && deed.undone === undefined) {
        await does(async () => {
          await node.sh(partial.script)
          for (const code of partial.ends) deed.ended.set(code, now())
        })
        await pause(4_000)
      }
      await does(async () => {
        if (deed.undone !== undefined) return
        await node.sh(fault.repair ?? ':')
        undo(deed)
      })
    },
    /** Waits until the agent has seen the repair. */
    async confirms(deed: Deed): Promise<void> {
      if (deed.past) return
      const { fair: begun, real } = deed.undone ?? now()
      const was = await until(() => score.state(deed).open.length === 0, patience - (fair - begun))
      if (was) confirmed.push(Date.now() - real)
    },
    ordinarily: ({ kind }: Ordinary) =>
      does(async () => {
        if (kind === 'restart') return restart()
        const it = truth.begins({ kind, text: kind, makes: { code: `${kind} is no finding` } }, false)
        if (kind === 'ufw reload') await node.sh('ufw reload >/dev/null')
        else {
          up = false
          await node.again()
          up = true
        }
        it.done()
      }),
    async end() {
      // One more look, at what was sent last.
      await pause(4 * every)
      const unplaced = score.unplaced().map((it) => `${it.code} ${it.subject}: ${it.text}`)
      return { ...score.result(), confirmed, unplaced }
    },
    async close(): Promise<void> {
      over = true
      await watching
    },
  }
}
