import { incidents } from '../../../../agent/core/cascade.ts'
import { type Policy, plan, receiptFor, recordSent, recordUnconfirmed } from '../../../../agent/core/plan.ts'
import type { Finding, Notice, NotificationRecord, Severity } from '../../../../agent/model/index.ts'
import { chain, finding, rule } from '../../findings.ts'

/** Rules of two kinds that have nothing to do with each other, and of many. */
export const rules = {
  ...chain,
  'pods.crash-looping': rule(),
  'firewall.lockout': rule({ severity: 'critical' }),
  'memory.oom-killed': rule(),
  ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`other.${at}`, rule()])),
}

export const crash = (at: number, name: string, severity: Severity = 'warning'): Finding =>
  finding({
    code: 'pods.crash-looping',
    subject: `shop/${name}`,
    title: 'CrashLoopBackOff',
    severity,
    since: at,
    pod: { namespace: 'shop', name },
  })

export const lockout = (at: number) =>
  finding({
    code: 'firewall.lockout',
    since: at,
    severity: 'critical',
    title: 'SSH locked out',
    urgent: true,
  })

/** A sink that takes all it is sent, with its records; what it gets is as a person sees it. */
export function sinkWith(its: Partial<Policy> = {}) {
  let told: readonly NotificationRecord[] = []
  let policy: Policy = { min: 'warning', remind: 0, since: 0, most: 6, ...its }
  const take = (next: readonly NotificationRecord[]) => {
    const book = new Map(told.map((it) => [it.incident, it]))
    for (const it of next) book.set(it.incident, it)
    told = [...book.values()]
  }
  const due = (ledger: readonly Finding[], now: number) =>
    plan(incidents(ledger, rules, now), told, policy, 'node1', now)
  const change = (it: Notice) => (it.kind === 'several' ? `${it.incidents.length} ${it.change}` : it.kind)
  return {
    told: () => told,
    due,
    /** The agent starts again: with the same records, another first look. */
    restart: (firstLook: Policy['firstLook']) => {
      policy = { ...policy, ...(firstLook && { firstLook }) }
    },
    /** One letter after the other until nothing is due, as the postman does. */
    hear(ledger: readonly Finding[], now: number): readonly string[] {
      const heard: string[] = []
      for (let [first] = due(ledger, now); first; [first] = due(ledger, now)) {
        const known = receiptFor(told, first)
        const isNew = known === undefined || /opened|worse/.test(change(first))
        take(recordSent(told, first, isNew ? `message ${now} ${heard.length}` : undefined, now))
        heard.push(`${change(first)}${isNew ? '' : ` of ${known}`}`)
        if (heard.length > 200) throw new Error(`never done: ${heard.slice(-3)}`)
      }
      return heard
    },
    /** Sends one and hears no answer. */
    mishear(ledger: readonly Finding[], now: number) {
      const [first] = due(ledger, now)
      if (first) take(recordUnconfirmed(told, first, now))
      return first && change(first)
    },
  }
}

/** Whether it made a sound: a message of its own, or worse than before. */
export const rings = (heard: readonly string[]) => heard.filter((it) => /opened|worse|reminder/.test(it))
