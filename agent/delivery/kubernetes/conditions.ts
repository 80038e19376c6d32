import { tellFrom } from '../../core/ledger.ts'
import type { Finding, Incident } from '../../model/index.ts'
import { leadOf, severities } from '../../model/index.ts'
import { bytes, shorten } from '../../text/lengths.ts'
import { many } from '../../text/lists.ts'
import { underName } from '../../text/own-name.ts'
import { line } from '../../text/sanitize.ts'
import { clockUtc } from '../../text/times.ts'
import { camel, healthyType, problemType } from './names.ts'
import type { Domain, Ending, Picture } from './picture.ts'

/** A condition as it should be, without its times. */
export interface Wanted {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** What cannot be relied on keeps the time of its last heartbeat. */
  readonly late?: true
}

/** A condition as it was written, or as it was found. */
export interface Written {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  /** RFC 3339, whole seconds: when it was last confirmed, and when `status` changed. */
  readonly lastHeartbeatTime: string
  readonly lastTransitionTime: string
}

/** Bytes of a message. Kubernetes sets no limit for conditions; this is the one it has for events. */
export const longestMessage = 1024

/**
 * The node's conditions: `MurphyHealthy`, and one for each domain. What there is patience with is not there yet. A
 * silence changes nothing, since it is about messages: this is what is so. Pure.
 */
export function conditionsOf(
  { incidents, domains, command }: Omit<Picture, 'silences'>,
  now: number,
): readonly Wanted[] {
  const open = incidents.filter((it) => it.resolved === undefined)
  const wrong = open
    .flatMap(({ cause, affected }) => [cause, ...affected])
    .filter((it) => isWrong(it, now))
    .toSorted(gravestFirst)
  const all = new Set(wrong)
  const grave = open
    .filter((it) => [it.cause, ...it.affected].some((one) => all.has(one)))
    .toSorted((a, b) => rank(b.severity) - rank(a.severity) || a.since - b.since)
  const [first] = grave
  const lead = first && leadIn(first, wrong)
  const unsure = domains.filter((it) => it.unseen !== undefined)
  const whole: Omit<Wanted, 'type'> = lead
    ? {
        status: 'False',
        reason: camel(lead.code),
        message: said(
          found(lead, now),
          `${more(grave.length - 1, 'incident')}See: \`agent status\` on the node`,
        ),
      }
    : unsure.length > 0
      ? {
          status: 'Unknown',
          reason: 'NotAllSeen',
          message: said(
            `Nothing is known to be wrong, but not all is seen: ${unsure.map(({ name }) => name).join(', ')}.`,
          ),
        }
      : { status: 'True', reason: 'NoProblem', message: 'Murphy sees no problem on this node.' }
  return [
    { type: healthyType, ...whole, ...(domains.every((it) => it.late) && { late: true as const }) },
    ...domains.map((it) => domainCondition(it, wrong, now)),
  ].map((it) => ({ ...it, message: underName(it.message, command) }))
}

/** What titles an incident, unless there is still patience with that. */
function leadIn(incident: Incident, wrong: readonly Finding[]): Finding | undefined {
  const lead = leadOf(incident)
  const own = [incident.cause, ...incident.affected]
  return wrong.includes(lead) ? lead : wrong.find((it) => own.includes(it))
}

const found = ({ severity, since, title, text }: Finding, now: number) =>
  `${severity} since ${clockUtc(since, now)}: ${title}: ${text}`

const rank = (it: Finding['severity']) => severities.indexOf(it)

const gravestFirst = (a: Finding, b: Finding) => rank(b.severity) - rank(a.severity) || a.since - b.since

/** Information is no problem; nor is what may pass by itself. That something is not seen is neither health nor illness. */
const isWrong = (it: Finding, now: number) =>
  it.resolved === undefined && it.severity !== 'info' && tellFrom(it) <= now && !it.code.endsWith('.blind')

function domainCondition(
  { name, title, unseen, late }: Domain,
  wrong: readonly Finding[],
  now: number,
): Wanted {
  const type = problemType(name)
  const own = wrong.filter(({ code }) => code.startsWith(`${name}.`))
  const [first] = own
  if (first)
    return {
      ...{ type, status: 'True', reason: camel(first.code) },
      message: said(found(first, now), more(own.length - 1, 'finding')),
      ...(late && { late }),
    }
  if (unseen !== undefined)
    return {
      ...{ type, status: 'Unknown', reason: late ? 'CheckOverdue' : 'NotSeen', message: said(unseen) },
      ...(late && { late }),
    }
  return { type, status: 'False', reason: 'NoProblem', message: said(`No problem is known: ${title}.`) }
}

const more = (count: number, what: string) => (count > 0 ? `${many(count, `more ${what}`)}. ` : '')

/** One line without control characters, at most `longestMessage` bytes; `end` is whole. */
function said(text: string, end = ''): string {
  const last = end && ` ${end.trim()}`
  return shorten(line(text), longestMessage - bytes(last), bytes) + last
}

/** What a person is told of an end, "the node reboots, as ordered". */
const endings: Readonly<Record<Ending, readonly [reason: string, words: string]>> = {
  stopped: ['AgentStopped', 'Murphy was stopped'],
  shutdown: ['NodeGoingDown', 'The node goes down, as ordered'],
  reboot: ['NodeRebooting', 'The node reboots, as ordered'],
  poweroff: ['NodePoweringOff', 'The node powers off, as ordered'],
  halt: ['NodeHalting', 'The node halts, as ordered'],
  kexec: ['NodeRebooting', 'The node starts another kernel (kexec), as ordered'],
  'soft-reboot': ['NodeRebooting', "The node's user space reboots, as ordered"],
}

/** What an end by order is called in an event of its own: reason and sentence. */
export const endingWords = (ending: Ending): readonly [reason: string, words: string] => endings[ending]

/**
 * The last word. Where the agent alone was stopped nobody watches any more, so everything becomes Unknown. Where the
 * machine goes down, what was last seen of each domain stays: that is what it went down with. Pure.
 */
export function lastWords(wanted: readonly Wanted[], ending: Ending, now: number): readonly Wanted[] {
  const [reason, words] = endings[ending]
  const about = (it: Wanted): Wanted => ({
    ...{ type: it.type, status: 'Unknown', reason },
    message: said(`${words} at ${clockUtc(now, now)}. Before: ${it.message}`),
  })
  return wanted.map((it) => (ending === 'stopped' || it.type === healthyType ? about(it) : it))
}
