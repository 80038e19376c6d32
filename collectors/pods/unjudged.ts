import type { Pod, Unseen } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { listed, many } from '../../agent/text/lists.ts'
import { roughSize } from '../../agent/text/sizes.ts'
import { nameOf } from '../node/pods.ts'
import type { PodsCode } from './rules.ts'
import type { Unjudged } from './sample.ts'

const both: readonly PodsCode[] = ['pods.log-says', 'pods.crash-looping']
const ofLogs: readonly PodsCode[] = ['pods.log-says']
/** With more entries than this no subjects are listed: then no finding of these codes is resolved. */
const most = 2_000
/** The sentence names five containers; JSON lists them up to this number. */
const mostNames = 1_000

/** The containers that a run could not read completely, by reason. */
export interface Missed {
  readonly failed: readonly { readonly pod: Pod; readonly error: unknown }[]
  /** There were more bytes than one run may read (`bytes` in all); the next run goes on. */
  readonly left: readonly Pod[]
  readonly bytes: number
  /** Part of the log was gone before it was read. */
  readonly lost: readonly Pod[]
  /** Their turn is in a later run. */
  readonly waiting: readonly Pod[]
}

/**
 * Findings that cannot be judged now: those `dropped` in this run, and those remembered from before. Each is kept until
 * its time is over, and longer while its container is not read; it goes when this run `judged` it. Pure.
 */
export function stillUnjudged(
  before: readonly Unjudged[],
  dropped: readonly Unjudged[],
  judged: ReadonlySet<string>,
  { failed, left, lost, waiting }: Missed,
  now: number,
): readonly Unjudged[] {
  const unseen = new Set([...failed.map((it) => it.pod), ...waiting].map(nameOf))
  const unread = new Set([...left, ...lost].map(nameOf))
  const found = new Map([...before, ...dropped].map((it) => [`${it.code} ${it.subject}`, it]))
  return [...found.values()].filter(({ code, subject, pod, until }) => {
    const its = nameOf(pod)
    const hidden = unseen.has(its) || (code === 'pods.log-says' && unread.has(its))
    return !judged.has(subject) && (now < until || hidden)
  })
}

/** The Unseen entries: which containers were not read and why, and which findings are therefore not resolved. Pure. */
export function unseenOf(missed: Missed, unjudged: readonly Unjudged[], count: number): Unseen[] {
  const { failed, left, bytes, lost, waiting } = missed
  const told = new Set<string>()
  const about = (pods: readonly Pod[], codes: readonly PodsCode[] = both) => {
    const names = new Set(pods.map(nameOf))
    const its = unjudged.filter((it) => names.has(nameOf(it.pod)) && codes.includes(it.code))
    for (const it of its) told.add(`${it.code} ${it.subject}`)
    return { codes, ...(unjudged.length <= most && { subjects: its.map((it) => it.subject) }) }
  }
  const logs = (pods: readonly Pod[]) =>
    pods.length === 1
      ? `the log of ${listed(pods.map(nameOf))}`
      : `the logs of ${many(pods.length, 'container')}`
  const named = (pods: readonly Pod[]) => [...new Set(pods.map(nameOf))]
  const names = (pods: readonly Pod[]) => listed(named(pods))
  const said: Unseen[] = []
  const say = (pods: readonly Pod[], why: string, codes = both, more: Partial<Unseen> = {}) => {
    if (pods.length === 0) return
    // `names` lists all of them; the sentence has room for a few.
    said.push({
      what: logs(pods),
      why,
      ...about(pods, codes),
      names: named(pods).slice(0, mostNames),
      ...more,
    })
  }
  const error = failed[0]?.error
  const first = error instanceof Error ? error.message : String(error)
  const unrecorded = failed.every((it) => it.error instanceof HostError && it.error.code === 'unrecorded')
  say(
    failed.map((it) => it.pod),
    failed.length > 1 ? `${first}; and ${failed.length - 1} more logs` : first,
    both,
    unrecorded ? { unrecorded } : {},
  )
  say(
    left,
    `more was logged than one round may read: ${roughSize(bytes)} left for the next round, of ${names(left)}`,
    ofLogs,
  )
  say(
    lost,
    `part of the log was deleted before it was read, because the log grows too fast: of ${names(lost)}`,
    ofLogs,
  )
  say(
    waiting,
    `of ${count} containers one round reads ${count - waiting.length}; later, in turn, ${names(waiting)}`,
  )
  const rest = unjudged.filter((it) => !told.has(`${it.code} ${it.subject}`)).map((it) => it.pod)
  say(
    rest,
    `more is wrong at the same time than one round keeps; not judged: findings of ${names(rest)}`,
    both,
    { what: `what is wrong with ${many(new Set(rest.map(nameOf)).size, 'container')}` },
  )
  return said
}
