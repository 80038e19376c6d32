import { type Observation, type Proof, type Rules, whileOpen } from '../model/index.ts'
import { clockUtc, hour, minute } from '../text/times.ts'
import { titled } from '../text/titles.ts'
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
  /** Set while Kubernetes refuses what is written, which is not the same as being out of reach. */
  readonly kubernetesRefused?: Failing | undefined
  /** `every`: the period, ms. */
  readonly heartbeats?: readonly {
    readonly name: string
    readonly every: number
    readonly failing?: Failing
  }[]
  /** Where the metrics are shown beside the socket. */
  readonly exposed?: readonly { readonly place: string; readonly failing?: Failing }[]
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

/** From when on a failing heartbeat is reported: two periods are no more than what such a service itself forgives. */
export const heartbeatTellableAt = ({
  every,
  failing,
}: NonNullable<SelfState['heartbeats']>[number]): number =>
  (failing?.since ?? Number.POSITIVE_INFINITY) + Math.max(failingFor, 2 * every)

/** What is said of a service from which nothing came back (`words`, agent/delivery/retry.ts), at the end of the sentence. */
const silence = /(?:did not answer in time|could not be reached in time|name resolution does not answer)$/
/** Whether nothing came back, as evidence: one that answers something is shut out by no firewall of this node. */
const answerIn = (why: string) => (silence.test(why) ? { evidence: { answer: 'timeout' } } : {})
const unanswered: Proof = (_, { evidence }) => evidence?.answer === 'timeout'
/** What the API answered, as evidence. */
const statusIn = (why: string) => {
  const [, status] = /^the API answered (\d{3})\b/.exec(why) ?? []
  return status === undefined ? {} : { evidence: { status: Number(status) } }
}
/** A 403 is said to whom the API knows. */
const notAccepted: Proof = (_, { evidence }) => evidence?.status === 401

/** Murphy's own rules: it reports itself as it reports the node. */
export const selfRules = {
  'agent.sink-failing': {
    severity: 'warning',
    title: 'notifications failing',
    titleFor: ({ subject }) => titled('', subject, ' notifications failing'),
    meaning:
      'A sink has accepted nothing for five minutes, asks Murphy to wait longer than that, or answers that its address is gone. Murphy tries again at least every hour. Nothing is lost: what could not be sent is sent once the sink works again.',
    measured: 'The answers of the sinks to what Murphy sends.',
    impact: 'No notification arrives through this sink. Other sinks and `agent status` still work.',
    fix: [
      'See what the sink answers: `agent status`',
      'Send a test: `agent notify --test`',
      'Correct the sink in /etc/murphy/config.yaml, then restart Murphy: `systemctl restart murphy`',
    ],
    // A lockout drops all incoming packets, and with them the sinks' answers.
    because: [{ code: 'firewall.lockout', takes: 10 * minute, proof: unanswered }],
  },
  'agent.kubernetes-refused': {
    severity: 'warning',
    title: 'Kubernetes refuses conditions and events',
    meaning:
      "Kubernetes has refused for five minutes what Murphy writes about this node with the kubelet's own credential: its conditions or its events. Murphy tries again, less and less often, at least every hour. That the API cannot be reached is not meant: other checks say that.",
    measured:
      'The answers of the API server, where `kubernetes:` in the settings asks for conditions or events.',
    impact:
      '`kubectl describe node` shows old conditions of this node, or none. All other sinks and `agent status` still work.',
    fix: [
      'See what the API answers: `agent doctor --send`',
      'If the API no longer accepts the certificate of this node, repair that first: `agent certs`',
      'If nodes may not write their own status in this cluster, remove kubernetes from /etc/murphy/config.yaml, then restart Murphy: `systemctl restart murphy`',
    ],
    because: [{ code: 'certs.api-unauthorized', takes: whileOpen, proof: notAccepted }],
  },
  'agent.heartbeat-failing': {
    severity: 'warning',
    title: 'heartbeat failing',
    titleFor: ({ subject }) => titled('', subject, ' failing'),
    meaning:
      'The service that is to hear from Murphy regularly has accepted nothing for five minutes and two periods. Murphy goes on trying in each period.',
    measured: 'The answers to what Murphy sends to the addresses under `heartbeats:`.',
    impact: 'The service will say that this node is down, or says so already, though Murphy works.',
    fix: [
      'See what the service answers: `agent status`',
      'Send a ping: `agent doctor --send`',
      'Correct the address in /etc/murphy/config.yaml, then restart Murphy: `systemctl restart murphy`',
    ],
    // Of a lockout no answer comes in either.
    because: [{ code: 'firewall.lockout', takes: 10 * minute, proof: unanswered }],
  },
  'agent.metrics-failing': {
    severity: 'warning',
    title: 'metrics not shown',
    titleFor: ({ subject }) => titled('metrics not shown on ', subject),
    meaning:
      'For five minutes Murphy could not listen on the address of `metrics_listen`, or not write the file of `metrics_textfile`. It tries again each minute.',
    measured: 'Listening on that address, and writing that file each minute.',
    impact: 'Prometheus sees nothing of this node, or old values. All sinks and `agent status` still work.',
    fix: [
      'See why: `agent doctor`',
      'Correct the address or the file in /etc/murphy/config.yaml, then restart Murphy: `systemctl restart murphy`',
    ],
  },
  'agent.state-lost': {
    severity: 'warning',
    title: "Murphy's state not saved",
    titleFor: ({ subject }) =>
      subject === 'memory' ? "part of Murphy's state lost" : "Murphy's state not saved to disk",
    meaning:
      'The state file cannot be written, and Murphy continues without it. Or part of it was damaged: what is intact is kept, and the damaged file is moved aside.',
    measured: 'Opening, reading and writing /var/lib/murphy/murphy.db; every row is checked when it is read.',
    impact: 'After a restart Murphy may send old notifications again, and not know when a problem began.',
    fix: [
      'See whether the disk is full: `df -h /var/lib/murphy`',
      'See whether its inodes are used up: `df -i /var/lib/murphy`',
      'See whether the file system is read-only: `findmnt -T /var/lib/murphy`',
      'See whether the disk is failing: `dmesg --level=err,crit | tail -n 20`',
    ],
  },
} as const satisfies Rules

const newerAgain =
  'Go back to the newer version, which reads this state: `sh /opt/murphy/install.sh --rollback`'

const sinceThen = ({ since, why }: Failing) => `since ${clockUtc(since, since)}: ${why}`

/** What is wrong with Murphy itself, now. Pure. */
export function assessSelf(
  { sinks, heartbeats = [], exposed = [], kubernetesRefused, stateProblem, lost }: SelfState,
  now: number,
): Look {
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
        text: `${it.name} has accepted nothing ${sinceThen(it.failing)}`,
        at: it.failing.since,
        ...answerIn(it.failing.why),
      })
  }
  if (kubernetesRefused && now >= kubernetesRefused.since + failingFor)
    observations.push({
      code: 'agent.kubernetes-refused',
      subject: 'kubernetes',
      text: `Refused ${sinceThen(kubernetesRefused)}`,
      at: kubernetesRefused.since,
      ...statusIn(kubernetesRefused.why),
    })
  for (const it of heartbeats)
    if (it.failing && now >= heartbeatTellableAt(it))
      observations.push({
        code: 'agent.heartbeat-failing',
        subject: it.name,
        text: `${it.name} has accepted no ping ${sinceThen(it.failing)}`,
        at: it.failing.since,
        ...answerIn(it.failing.why),
      })
  for (const { place, failing } of exposed)
    if (failing && now >= failing.since + failingFor)
      observations.push({
        code: 'agent.metrics-failing',
        subject: place,
        text: `Not shown on ${place} ${sinceThen(failing)}`,
        at: failing.since,
      })
  if (stateProblem)
    observations.push({
      code: 'agent.state-lost',
      subject: 'disk',
      text: stateProblem,
      // The disk has nothing to do with that; the file is kept as it is.
      ...(/written by a newer Murphy/.test(stateProblem) && { fix: [newerAgain] }),
    })
  if (lost && now - lost.at < lossHeld)
    observations.push({ code: 'agent.state-lost', subject: 'memory', text: lost.text, at: lost.at })
  return { rules: selfRules, observations }
}
