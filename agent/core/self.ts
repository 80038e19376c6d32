import type { Observation, Rules } from '../model/index.ts'
import { clockUtc, hour, minute } from '../text/times.ts'
import type { Look } from './ledger.ts'

interface Failing {
  readonly since: number
  readonly why: string
  /** When the next attempt is. */
  readonly next?: number
}

/** What Murphy knows of its own parts. */
export interface SelfState {
  readonly sinks: readonly {
    readonly name: string
    readonly failing?: Failing
    readonly gone?: string
  }[]
  /** Why the state would not survive a restart. */
  readonly stateProblem?: string | undefined
  /** What was lost when the state was opened, and when that was. */
  readonly lost?: { readonly text: string; readonly at: number } | undefined
}

/** How long a loss is reported. */
const lossHeld = hour
/** How long a sink may fail before it is reported: single failures are normal and tried again. */
export const failingFor = 5 * minute
/** The same where the next attempt is known to be at least `failingFor` away: waiting longer would show nothing new. */
export const certainFor = minute

/** From when on a failing sink is reported. */
export const tellableAt = ({ since, next = since }: Omit<Failing, 'why'>): number =>
  since + (next - since >= failingFor ? certainFor : failingFor)

/** Murphy's own rules: it reports itself as it reports the node. */
export const selfRules = {
  'agent.sink-failing': {
    severity: 'warning',
    title: 'messages do not get through',
    meaning:
      'A sink has not accepted anything for five minutes, asks to be left alone for longer than that, or has said that its address is gone. It is asked again at least every hour. Nothing is lost: what it was not told is told once it works again.',
    measured: "The answers to Murphy's own messages.",
    impact: 'People are not told by this sink; they are by the others, and by `agent status`.',
    fix: [
      'See what it says: `agent status`',
      'Try it: `agent notify --test`',
      'Correct it in /etc/murphy/config.yaml, then: `systemctl restart murphy`',
    ],
    // A lockout drops all incoming packets, and with them the sinks' answers.
    because: [{ code: 'firewall.lockout', takes: 10 * minute }],
  },
  'agent.state-lost': {
    severity: 'warning',
    title: 'Murphy cannot keep its memory',
    meaning:
      'The state file cannot be written and Murphy goes on in memory, or part of it was damaged: what is sound is kept, and the damaged file is moved aside.',
    measured: 'Opening, reading and writing /var/lib/murphy/murphy.db; every row is checked when it is read.',
    impact:
      'After a restart Murphy may tell again what it has told before, and not know since when something is wrong.',
    fix: [
      'Look at the disk: `df -h /var/lib/murphy` and `df -i /var/lib/murphy`',
      'See whether it is read-only: `findmnt -T /var/lib/murphy`',
      'See whether it is failing: `dmesg --level=err,crit | tail -n 20`',
    ],
  },
} as const satisfies Rules

/** What is wrong with Murphy itself, now. Pure. */
export function assessSelf({ sinks, stateProblem, lost }: SelfState, now: number): Look {
  const observations: Observation[] = []
  for (const it of sinks) {
    if (it.gone !== undefined)
      observations.push({
        code: 'agent.sink-failing',
        subject: it.name,
        text: `${it.name} says that its address is gone: ${it.gone}`,
      })
    else if (it.failing && now >= tellableAt(it.failing))
      observations.push({
        code: 'agent.sink-failing',
        subject: it.name,
        text: `${it.name} has accepted nothing since ${clockUtc(it.failing.since, it.failing.since)}: ${it.failing.why}`,
        at: it.failing.since,
      })
  }
  if (stateProblem) observations.push({ code: 'agent.state-lost', subject: 'disk', text: stateProblem })
  if (lost && now - lost.at < lossHeld)
    observations.push({ code: 'agent.state-lost', subject: 'memory', text: lost.text, at: lost.at })
  return { rules: selfRules, observations }
}
