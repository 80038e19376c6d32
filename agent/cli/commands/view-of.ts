import { askFor } from '../../api/ask.ts'
import { isOpen, type LedgerView, ledgerViewOf } from '../../api/ledger-view.ts'
import { step } from '../../core/ledger.ts'
import { blindCode, round, sampleVersionOf } from '../../core/round.ts'
import type { Collector, Finding, Host, PageOptions, Sample, Unseen, View } from '../../model/index.ts'
import { severities } from '../../model/index.ts'
import { savedView } from '../../state/saved-view.ts'
import { duration } from '../../text/durations.ts'
import { day } from '../../text/times.ts'
import { type Common, madeOf, Refusal } from './common.ts'
import { asking, recorded, timeOf } from './hosts.ts'
import { settings } from './settings.ts'
import { notRunning } from './status.ts'

/** Options that every page has. */
export interface ViewArguments extends Common {
  /** The folder of a recorded node to show instead of this machine. */
  readonly node?: string
  /** Run a round of its own as if it were this time, RFC 3339. */
  readonly at?: string
}

/** The part of a view that comes from its source; the rest comes from the settings and the collector. */
type Known = Omit<View, 'settings' | 'summary' | 'findings' | 'blind' | 'unseen' | 'options'> & {
  /** The collector's open findings, with its `blind` one. */
  readonly findings: readonly Finding[]
}

/**
 * What a page shows: from the running daemon, or without one from what it left on the disk. Where nothing was left,
 * and for a recorded node or `--at`, from one round of its own, judged by the same rules. Rejects with a Refusal when
 * nothing can be seen, or when an agent runs that this user may not ask or whose answer is not understood.
 */
export async function viewOf(
  collector: Collector,
  options: ViewArguments & PageOptions,
  config = settings(options),
): Promise<View> {
  const its = config.collectors[collector.name]?.settings ?? {}
  const at = timeOf(options.at)
  const look = (host: Host) => lookedAt(collector, its, host)
  let known: Known
  if (options.node) {
    const host = recorded(options.node, at)
    known = { ...(await look(host)), source: 'recording', node: host.node }
  } else {
    const { cluster } = config.letterhead
    const seen =
      at !== undefined
        ? { ...(await onThisMachine(look, at)), node: config.node }
        : await ofTheDaemon(collector, config, look)
    known = { ...(cluster !== undefined && { cluster }), ...seen }
  }
  return viewFrom(collector, its, known, options)
}

/** A view of what is known, wherever that comes from: the settings and the collector say the rest. */
export function viewFrom(
  collector: Collector,
  its: View['settings'],
  { findings, ...about }: Known,
  options: PageOptions,
): View {
  const blind = findings.find((it) => it.code === blindCode(collector.name))
  return {
    ...about,
    settings: its,
    summary: madeOf(collector.title, () => collector.summary(about.sample, its, about.now)),
    findings: findings
      .filter((it) => it !== blind)
      .toSorted((a, b) => rank(b) - rank(a) || a.since - b.since),
    ...(blind && { blind }),
    unseen: unseenIn(collector, about.sample, blind),
    options,
  }
}

const rank = ({ severity }: Finding) => severities.indexOf(severity)

/** What could not be seen. A round that failed as a whole left no sample; the ledger's `blind` finding says why. */
function unseenIn(
  { title }: Collector,
  { unseen = [] }: Sample,
  blind: Finding | undefined,
): readonly Unseen[] {
  const said = unseen.some((it) => !it.unrecorded)
  return blind && !said ? [...unseen, { what: title, why: blind.text }] : unseen
}

type Look = (host: Host) => Promise<Omit<Known, 'node' | 'source'>>

const onThisMachine = async (look: Look, at?: number) => ({
  ...(await asking(look, at)),
  source: 'look' as const,
})

async function lookedAt(
  collector: Collector,
  its: View['settings'],
  host: Host,
): Promise<Omit<Known, 'node' | 'source'>> {
  const { name } = collector
  const outcome = await round(collector, its, host, { heard: [] })
  if (!outcome.sample) throw new Refusal(`${name}: ${outcome.unseen.map((it) => it.why).join('; ')}`)
  const { sample, at } = outcome
  return { sample, at, now: host.now(), findings: step([], outcome, at), trend: [], artifacts: [] }
}

async function ofTheDaemon(
  collector: Collector,
  { node, socket, stateDir }: ReturnType<typeof settings>,
  look: Look,
): Promise<Known> {
  const { name, page } = collector
  let answer: LedgerView | null
  try {
    const series = page?.trend ?? ''
    answer = ledgerViewOf(await askFor<unknown>(socket, `/v1/view?collector=${name}&series=${series}`))
  } catch (error) {
    const away = error as NodeJS.ErrnoException
    // A user who may not ask the daemon sees less of the machine than it does, so a round of theirs would misjudge.
    if (away.code === 'EACCES') throw new Refusal(notRunning(away, socket, ''), 3, { cause: error })
    const left = leftOf(collector, stateDir)
    if (left.known) return { ...left.known, node, problem: notRunning(away, socket, left.text) }
    // An agent runs but its answer is not understood: it knows more than a single round would.
    const nobody = away.code === 'ENOENT' || away.code === 'ECONNREFUSED'
    if (!nobody) throw new Refusal(notRunning(away, socket, left.text), 3, { cause: error })
    return { ...(await onThisMachine(look)), node, problem: notRunning(away, socket, left.text) }
  }
  if (!answer) throw new Refusal(`no round of ${name} has ended yet; try again in a moment`)
  return { ...answer, source: 'daemon' }
}

/** What a daemon left on the disk, and its age in words. A sample of another `sampleVersion` does not count. */
function leftOf(
  collector: Collector,
  stateDir: string,
): { readonly known?: Omit<Known, 'node'>; readonly text: string } {
  const { name, page } = collector
  const now = Date.now()
  let saved: ReturnType<typeof savedView>
  try {
    saved = savedView(stateDir, name, { name: `${name}.${page?.trend ?? ''}`, from: now - day })
  } catch (cause) {
    return { text: `its state in ${stateDir} cannot be read: ${(cause as Error).message}` }
  }
  if (!saved) return { text: 'it left no state' }
  const { sample, written, lost, trend, artifacts } = saved
  if (sample?.version !== sampleVersionOf(collector)) return { text: `it left no readable state of ${name}` }
  const age = `the state below is ${duration(now - Math.min(now, written))} old`
  const findings = saved.findings.filter((it) => isOpen(it, name))
  return {
    known: {
      ...{ source: 'saved', now, at: sample.at, trend, artifacts, findings },
      sample: JSON.parse(sample.json) as Sample,
    },
    text: lost ? `${age}, and ${lost}` : age,
  }
}
