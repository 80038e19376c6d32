import { allRules } from '../../agent/cli/commands/explain.ts'
import { incidents } from '../../agent/core/cascade.ts'
import { type Judgements, judgedIn } from '../../agent/core/last-well.ts'
import { awaitedBy, type Ledger, step, wantsALook, withoutOld } from '../../agent/core/ledger.ts'
import { plan, recordSent } from '../../agent/core/plan.ts'
import { blindCode, rulesOf } from '../../agent/core/round.ts'
import type { Finding, Incident, Notice, NotificationRecord, Observation } from '../../agent/model/index.ts'
import { collectors } from '../../collectors/index.ts'

/** The only file that knows how the core is called. */
export const rules = allRules()
export { collectors }

const ownRules = new Map(collectors.map((it) => [it.name, rulesOf(it)]))
const blind = (name: string) => ({ [blindCode(name)]: rules[blindCode(name)] as (typeof rules)[string] })
const minute = 60_000
const reminders = 24 * 60 * minute

/** A message: a new one rings, an edit does not. */
export interface Told {
  readonly kind: Notice['kind']
  readonly rings: boolean
  readonly incidents: readonly Incident[]
  /** Which message on several of one kind it is about, or may become. */
  readonly ofKind?: string
}

export const findingsOf = ({ cause, affected }: Incident): readonly Finding[] => [cause, ...affected]
/** Whether a finding is held although it is not there, and says so. */
export const isGone = (it: Finding) => (it as { readonly gone?: true }).gone === true

/** All of a finding that decides on what is due. */
const stateOf = (it: Finding) => `${it.id} ${it.severity} ${it.stage} ${it.seen >= it.notifyAt} ${isGone(it)}`

/** The core as the daemon wires it, for one sink that takes all it is told. `now`: by the clock of the node. */
export function makeCore(begin: number) {
  let ledger: Ledger = []
  let judgements: Judgements = new Map()
  let told: readonly NotificationRecord[] = []
  let groups: readonly Incident[] = []
  let settled = { state: '', at: 0 }
  return {
    ledger: () => ledger,
    incidents: () => groups,
    /** Every collector has looked once since a start of the agent at `from`; this plan does not ask for it. */
    begins(_from: number, _to: number): void {},
    /** One round of a collector; `undefined`: it could see nothing. */
    judge(name: string, observations: readonly Observation[] | undefined, now: number): void {
      const look = observations
        ? { rules: ownRules.get(name) ?? {}, observations }
        : {
            rules: blind(name),
            observations: [{ code: blindCode(name), subject: name, text: 'permission denied.' }],
          }
      ledger = withoutOld(step(ledger, look, now, judgements), now, new Set(awaitedBy(told)))
      judgements = judgedIn(judgements, look, now)
    },
    /**
     * What is due, and is sent at once. Asked again only when something has changed, or a minute has passed: the answer
     * is the same otherwise, and asking is what costs.
     */
    settle(now: number): readonly Told[] | undefined {
      const state = `${ledger.length} ${ledger
        .filter((it) => it.resolved === undefined)
        .map(stateOf)
        .join()}`
      if (state === settled.state && Math.abs(now - settled.at) < minute) return undefined
      settled = { state, at: now }
      groups = incidents(ledger, rules, now)
      const due = plan(
        groups,
        told,
        { min: 'warning', remind: reminders, since: begin, most: 6 },
        'node1',
        now,
      )
      for (const it of due) {
        const changed = recordSent(told, it, '1', now)
        const ids = new Set(changed.map((one) => one.incident))
        told = [...told.filter((one) => !ids.has(one.incident)), ...changed].slice(-200)
      }
      return due.map((it) => ({
        kind: it.kind,
        rings: ['opened', 'worse', 'reminder', 'digest'].includes(
          it.kind === 'several' ? it.change : it.kind,
        ),
        incidents: 'incidents' in it ? it.incidents : it.kind === 'test' ? [] : [it.incident],
        ...(it.kind === 'opened' && { ofKind: `kind ${it.incident.id}` }),
        ...(it.kind === 'several' && it.group.of === 'kind' && { ofKind: it.group.id }),
      }))
    },
    /** Whether a look of this collector has to confirm something. */
    wants: (name: string, now: number) =>
      ledger.some((it) => it.code.startsWith(`${name}.`) && wantsALook(it, now)),
    /** When the patience of something ends next. */
    nextNotifyAt: (now: number) =>
      Math.min(
        ...ledger.flatMap((it) => (it.resolved === undefined && it.notifyAt > now ? [it.notifyAt] : [])),
      ),
    isOpen: (name: string) =>
      ledger.some(
        (it) => it.resolved === undefined && it.severity !== 'info' && it.code.startsWith(`${name}.`),
      ),
  }
}

export type Core = ReturnType<typeof makeCore>
