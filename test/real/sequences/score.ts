import type { Snapshot } from '../../../agent/api/snapshot.ts'
import type { Finding, Incident } from '../../../agent/model/index.ts'
import { findingsOf, isGone, rules } from '../../sequences/core.ts'
import { isAlarm } from '../../sequences/obligations.ts'
import type { Flaw, Message, Score } from '../../sequences/score.ts'
import { type Act, type Origin, shares } from '../../sequences/truth.ts'
import type { Arrival } from '../arrivals.ts'
import type { Deed, Moment, Truth } from './truth.ts'

/** How old a statement in the present tense may be, ms. */
const stale = 15_000
/** How long a fault must be there beyond the patience of its rule for people to be told, ms. */
export const noticed = 15_000

const label = (it: Finding) => `${it.code} ${it.subject}`
/** A finding that is told is told with what caused it, if that is a finding too. */
interface Sent extends Message {
  readonly first: readonly { readonly finding: Finding; readonly cause: Finding }[]
}

/** Compares what an agent says and sends with the truth, at each look at it. `now`: both clocks. */
export function makeScore(truth: Truth, now: () => Moment) {
  const flaws = new Map<string, Flaw>()
  const seen = new Map<string, Finding>()
  const origins = new Map<string, Origin>()
  const sent: Sent[] = []
  const told = new Set<string>()
  const rung = new Set<Act>()
  let heard = 0
  const flaw = (kind: Flaw['kind'], id: string, what: string, text: string) => {
    const key = `${kind} ${id}`
    if (!flaws.has(key)) flaws.set(key, { at: now().real, kind, what, text })
  }

  function learn(it: Finding): void {
    seen.set(it.id, it)
    const origin = truth.originOf(it)
    const known = origins.get(it.id)
    // What several have caused may have been found of the first of them.
    if (origin && !known) origins.set(it.id, origin)
    else if (origin && known && !isGone(it) && it.resolved === undefined)
      origins.set(it.id, { ...known, by: [...new Set([...known.by, ...origin.by])] })
  }

  /** Whether what an incident puts together belongs together. */
  function judge({ cause, affected }: Incident): void {
    const root = origins.get(cause.id)
    for (const it of affected) {
      const own = origins.get(it.id)
      if (!root || !own || !(isAlarm(it) || isAlarm(cause))) continue
      const reversed = root.after.includes(it.code) && shares(root.by, own.by)
      if (shares(root.by, own.by) && !reversed) continue
      const names = (all: readonly Act[]) => all.map((act) => `#${act.id} ${act.kind}`).join(', ')
      const why = reversed
        ? 'in truth the other way round'
        : `in truth of ${names(own.by)}, the cause of ${names(root.by)}`
      flaw(
        'wrong cause',
        it.id,
        `${cause.code} -> ${it.code}`,
        `${label(it)} is told as caused by ${label(cause)}: ${why}`,
      )
    }
  }

  /** What is said in the present tense and has not been so for too long. `upSince`: by the fair clock. */
  function present(it: Finding, upSince: number): void {
    if (it.resolved !== undefined || isGone(it) || !isAlarm(it)) return
    const over = truth.over(it)
    if (over === undefined || now().fair - Math.max(over, upSince) <= stale) return
    flaw(
      'stale',
      `${it.id} ${over}`,
      it.code,
      `${label(it)} is still said ${stale / 1000} s after its repair`,
    )
  }

  function hear(arrival: Arrival, incidents: ReadonlyMap<string, Incident>): void {
    const { type = '', data } = arrival.body as Body
    const [scope, change = ''] = type.split('.')
    const about = (data?.incident ? [data.incident] : (data?.incidents ?? [])).map(
      (it) => (it.affected ? it : { affected: [], ...it, ...affectedIn(incidents.get(it.id)) }) as Incident,
    )
    const kind = (scope === 'incidents' ? 'several' : change || type) as Message['kind']
    const rings = ['opened', 'worse', 'reminder', 'digest'].includes(change || type)
    const open = about.flatMap((it) =>
      findingsOf(it).filter((one) => one.resolved === undefined || type === 'digest'),
    )
    const alarms = open.filter(isAlarm)
    const acts = new Set(alarms.flatMap((it) => origins.get(it.id)?.by ?? []))
    if (rings && acts.size > 0 && [...acts].every((act) => rung.has(act)))
      flaw('one more message', `${sent.length}`, `${type}: ${alarms[0]?.code}`, alarms.map(label).join(', '))
    if (rings) for (const act of acts) rung.add(act)
    const first = about.flatMap((it) =>
      findingsOf(it).flatMap((finding) =>
        isAlarm(finding) && !told.has(finding.id) ? [{ finding, cause: it.cause }] : [],
      ),
    )
    for (const { finding } of first) told.add(finding.id)
    sent.push({ kind, rings, incidents: about, at: arrival.at, alarms, first })
    const [one] = alarms
    if (rings && one && ![...acts].some((act) => act.fault))
      flaw('false alarm', `${one.id} ${sent.length}`, one.code, `${type}: ${label(one)}: ${one.text}`)
  }

  /** Of what was told, what had a cause that was found before, and was told without it. */
  function unknown(): number {
    let caused = 0
    for (const { at, first } of sent)
      for (const { finding, cause } of first) {
        const own = origins.get(finding.id)
        const causes = [...seen.values()].filter((one) => {
          const of = origins.get(one.id)
          return (
            one.id !== finding.id &&
            one.found <= at &&
            own?.after.includes(one.code) &&
            of &&
            shares(of.by, own.by)
          )
        })
        if (causes.length === 0) continue
        caused += 1
        if (cause.id === finding.id)
          flaw(
            'unknown cause',
            finding.id,
            `${causes[0]?.code} -> ${finding.code}`,
            `${label(finding)} is told without its cause, ${causes.map(label).join(', ')}`,
          )
      }
    return caused
  }

  return {
    look({ incidents }: Snapshot, arrivals: readonly Arrival[], upSince: number): void {
      for (const it of incidents) for (const one of findingsOf(it)) learn(one)
      const byId = new Map(incidents.map((it) => [it.id, it]))
      for (const it of arrivals.slice(heard))
        if (it.receiver === 'webhook' && it.status === 204) hear(it, byId)
      heard = arrivals.length
      for (const it of incidents) {
        judge(it)
        for (const one of findingsOf(it)) present(one, upSince)
      }
    },
    /** Whether what a deed makes was found, was told in any message, and is over. */
    state(deed: Deed) {
      const its = [...seen.values()].filter((it) => origins.get(it.id)?.by.includes(deed))
      const own = its.filter((it) => it.code === deed.makes.code)
      return {
        found: own.length > 0,
        told: own.some((it) => told.has(it.id)),
        open: its.filter(
          (it) => it.resolved === undefined && !isGone(it) && isAlarm(it) && truth.over(it) !== undefined,
        ),
      }
    },
    /** What was told and comes from nothing that was done. */
    unplaced: () => [...seen.values()].filter((it) => isAlarm(it) && !origins.has(it.id)),
    result(): Score {
      const end = now().fair
      const due = truth.deeds.filter(
        (it) =>
          it.fault &&
          !it.known &&
          truth.isJudged(it) &&
          (it.past ||
            (it.undone?.fair ?? end) - it.done.fair >= (rules[it.makes.code]?.pendingFor ?? 0) + noticed),
      )
      for (const act of due)
        if (!rung.has(act))
          flaw(
            'swallowed',
            `${act.id}`,
            act.makes.code,
            `#${act.id} ${act.kind} (${act.text}) never rang: ${act.makes.code}`,
          )
      const caused = unknown()
      return {
        flaws: [...flaws.values()].sort((a, b) => a.at - b.at),
        messages: sent,
        told: told.size,
        caused,
        faults: [...new Set([...due, ...[...rung].filter((it) => it.fault)])],
      }
    },
  }
}

const affectedIn = (it: Incident | undefined) => it && { affected: it.affected }

/** A notice as the webhook has it: of several incidents only the causes are told. */
interface Body {
  readonly type?: string
  readonly data?: {
    readonly incident?: Incident
    readonly incidents?: readonly (Pick<Incident, 'id' | 'cause'> & {
      readonly affected?: Incident['affected']
    })[]
  }
}
