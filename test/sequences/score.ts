import { budgetSpan } from '../../agent/core/plan/budget.ts'
import { gathering } from '../../agent/core/plan/groups.ts'
import { type Finding, type Incident, leadOf } from '../../agent/model/index.ts'
import type { Agent } from './agent.ts'
import { type Core, findingsOf, isGone, type Told } from './core.ts'
import { looks } from './looks/index.ts'
import type { Node } from './node.ts'
import { isAlarm, makeObligations } from './obligations.ts'
import { type Act, keyOf, type Origin, type Statement, shares } from './truth.ts'

const second = 1000
/** How old a statement in the present tense may be, ms. */
const stale = 15 * second

/** Something that Murphy should not have said, or not have left unsaid. */
export interface Flaw {
  readonly at: number
  readonly kind: 'wrong cause' | 'swallowed' | 'false alarm' | 'stale' | 'unknown cause' | 'one more message'
  /** The edge or the code: what is counted together. */
  readonly what: string
  readonly text: string
}

export interface Message extends Told {
  readonly at: number
  /** What was not so, or never told before, is told apart. */
  readonly alarms: readonly Finding[]
}

export interface Score {
  readonly flaws: readonly Flaw[]
  readonly messages: readonly Message[]
  /** Findings that were told. */
  readonly told: number
  /** Of them, those whose cause was a finding too. */
  readonly caused: number
  readonly faults: readonly Act[]
}

const whatOf = ({ incidents }: Told) =>
  incidents
    .map((it) =>
      [it.cause.code, leadOf(it).code].filter((code, at, all) => all.indexOf(code) === at).join(' now '),
    )
    .join(', ')
const label = (it: Finding) => `${it.code} ${it.subject}`

/** Compares what is told with the truth, moment by moment. */
export function makeScore(node: Node, core: Core) {
  const now = () => node.time.now()
  const origins = new Map<string, Origin>()
  const flaws = new Map<string, Flaw>()
  const messages: Message[] = []
  const pasts = new Set<string>()
  const told = new Set<string>()
  const caused = new Set<string>()
  const rung = new Set<Act>()
  /** When a message that others of its kind may join rang last. */
  const bells = new Map<string, number>()
  /** Since when a key is not so any more, and whether it is so now. */
  const so = new Map<string, { readonly is: boolean; readonly at: number }>()
  let upSince = 0
  let calm = false
  let agent: Agent | undefined
  let obligations: ReturnType<typeof makeObligations> | undefined

  const flaw = (kind: Flaw['kind'], id: string, what: string, text: string) => {
    const key = `${kind} ${id}`
    if (!flaws.has(key)) flaws.set(key, { at: now(), kind, what, text })
  }
  const originOf = (it: Finding) => origins.get(it.id)

  /** Everything that is so now, seen or not. */
  function truth(): readonly Statement[] {
    return Object.values(looks).flatMap((it) => it(node))
  }

  /** `idle`: nothing has happened since; then nothing can have become so where nothing is wrong, seen by now or not. */
  function changed(idle?: true): void {
    if (idle && calm) return
    const all = truth()
    calm = all.length === 0 && node.wrong.size === 0
    const here = new Set<string>()
    for (const it of all) {
      if (it.past) pasts.add(it.code)
      if (!it.over) here.add(keyOf(it))
    }
    for (const eye of agent?.eyes ?? []) if (now() < eye.blindUntil) here.add(`${eye.name}.blind|${eye.name}`)
    for (const [key, it] of so) if (it.is !== here.has(key)) so.set(key, { is: !it.is, at: now() })
    for (const key of here) if (!so.has(key)) so.set(key, { is: true, at: now() })
    obligations?.update(all, node.offset)
  }

  function looked(name: string, said: readonly Statement[] | undefined): void {
    const open = core.ledger().filter((it) => it.resolved === undefined && it.code.startsWith(`${name}.`))
    for (const it of open) {
      if (it.code === `${name}.blind`) {
        const act = agent?.eyes.find((eye) => eye.name === name)?.blinded
        if (act) origins.set(it.id, { by: [act], after: [] })
        continue
      }
      const same = (said ?? []).filter((one) => keyOf(one) === keyOf(it))
      const [first] = same.sort(
        (a, b) => Math.abs((a.at ?? it.since) - it.since) - Math.abs((b.at ?? it.since) - it.since),
      )
      const known = origins.get(it.id)
      if (first && !known) origins.set(it.id, { by: first.by, after: first.after })
      else if (first && known && !isGone(it))
        origins.set(it.id, { by: [...new Set([...known.by, ...first.by])], after: known.after })
    }
  }

  /** Whether what an incident puts together belongs together. */
  function judge(incident: Incident): void {
    const { cause, affected, why } = incident
    // A cause that was over by then is no part of the incident, and named all the same.
    const named = core.ledger().find((it) => it.id === why?.cause)
    if (named && named !== cause && !affected.includes(named)) compare(named, [cause])
    compare(cause, affected)
  }

  function compare(cause: Finding, affected: readonly Finding[]): void {
    const root = originOf(cause)
    for (const it of affected) {
      const own = originOf(it)
      if (!root || !own || !(isAlarm(it) || isAlarm(cause))) continue
      const reversed = root.after.includes(it.code) && shares(root.by, own.by)
      if (shares(root.by, own.by) && !reversed) continue
      const why = reversed
        ? 'in truth the other way round'
        : `in truth of ${own.by.map((act) => `#${act.id} ${act.kind}`).join(', ')}, the cause of ${root.by.map((act) => `#${act.id} ${act.kind}`).join(', ')}`
      flaw(
        'wrong cause',
        it.id,
        `${cause.code} -> ${it.code}`,
        `${label(it)} is told as caused by ${label(cause)}: ${why}`,
      )
    }
  }

  function hear(it: Told): void {
    const all = it.incidents.flatMap(findingsOf)
    const open = all.filter((one) => one.resolved === undefined || it.kind === 'digest')
    const alarms = open.filter(isAlarm)
    messages.push({ ...it, at: now(), alarms })
    const acts = new Set(alarms.flatMap((one) => originOf(one)?.by ?? []))
    // Not wrong by itself, but what the number of messages a fault is made of.
    if (it.rings && acts.size > 0 && [...acts].every((act) => rung.has(act)))
      flaw(
        'one more message',
        `${messages.length}`,
        `${it.kind}: ${whatOf(it)}`,
        alarms.map(label).join(', '),
      )
    const { ofKind } = it
    // What is of one kind within half a minute is one message, which rings once and is edited as it grows.
    const joins = ofKind !== undefined && now() - (bells.get(ofKind) ?? 0) <= gathering
    if (it.rings && ofKind !== undefined) bells.set(ofKind, now())
    // What passed before it could ring is told as past by the next message that takes it in.
    const passed = (one: Finding) =>
      it.kind === 'several' && now() + node.offset - (one.resolved ?? 0) < budgetSpan && isAlarm(one)
    for (const one of it.rings || joins ? all.filter((each) => alarms.includes(each) || passed(each)) : [])
      for (const act of originOf(one)?.by ?? []) rung.add(act)
    for (const incident of it.incidents)
      for (const one of findingsOf(incident)) if (isAlarm(one) && !told.has(one.id)) first(one, incident)
    if (it.rings && alarms.length > 0 && !alarms.some((one) => originOf(one)?.by.some((act) => act.fault)))
      for (const one of alarms.slice(0, 1))
        flaw('false alarm', `${one.id} ${now()}`, one.code, `${it.kind}: ${label(one)}: ${one.text}`)
  }

  /** A finding is told for the first time: with its cause, if that is a finding too? */
  function first(it: Finding, { cause, why }: Incident): void {
    told.add(it.id)
    const own = originOf(it)
    if (!own) return
    const causes = core.ledger().filter((one) => {
      const of = originOf(one)
      return one.id !== it.id && of && own.after.includes(one.code) && shares(of.by, own.by)
    })
    if (causes.length === 0) return
    caused.add(it.id)
    if (cause.id === it.id && why?.cause === undefined)
      flaw(
        'unknown cause',
        it.id,
        `${causes[0]?.code} -> ${it.code}`,
        `${label(it)} is told without its cause, ${causes.map(label).join(', ')}`,
      )
  }

  /** What is said in the present tense and has not been so for too long. */
  function present(): void {
    if (!agent?.isUp()) {
      upSince = 0
      return
    }
    upSince ||= now()
    for (const it of core.ledger()) {
      if (it.resolved !== undefined || pasts.has(it.code) || isGone(it) || it.severity === 'info') continue
      const key = keyOf(it)
      const known = so.get(key)
      if (!known || known.is) continue
      const [name = ''] = it.code.split('.')
      const eye = agent.eyes.find((one) => one.name === name)
      const since = Math.max(known.at, upSince, eye?.blindUntil ?? 0)
      if (now() - since > stale)
        flaw(
          'stale',
          `${it.id} ${known.at}`,
          it.code,
          `${label(it)} is still said, and has not been so since ${new Date(since).toISOString().slice(11, 19)}`,
        )
    }
  }

  return {
    watch(it: Agent) {
      agent = it
      obligations = makeObligations(it, now)
    },
    changed,
    looked,
    present,
    settled(): void {
      const told = core.settle(now() + node.offset)
      for (const it of told ?? []) hear(it)
      if (told) for (const it of core.incidents()) judge(it)
      present()
    },
    result(): Score {
      obligations?.finish()
      for (const [act, key] of obligations?.due ?? [])
        if (!rung.has(act))
          flaw(
            'swallowed',
            `${act.id}`,
            key.slice(0, key.indexOf('|')),
            `#${act.id} ${act.kind} (${act.text}) never rang: ${key}`,
          )
      const faults = [...new Set([...(obligations?.due.keys() ?? []), ...[...rung].filter((it) => it.fault)])]
      return {
        flaws: [...flaws.values()].sort((a, b) => a.at - b.at),
        messages,
        told: told.size,
        caused: caused.size,
        faults,
      }
    },
  }
}
