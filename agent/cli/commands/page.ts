import { collectors } from '../../../collectors/index.ts'
import { askFor } from '../../api/ask.ts'
import { exitCode, type Snapshot } from '../../api/snapshot.ts'
import { gravest } from '../../core/cascade.ts'
import type {
  ArtifactEntry,
  Collector,
  Exit,
  Finding,
  Page,
  PageOptions,
  PagePart,
  PageReach,
  PageWord,
  View,
} from '../../model/index.ts'
import { artifactsOnDisk } from '../../state/artifacts.ts'
import { safe } from '../../text/sanitize.ts'
import { wrap } from '../../text/terminal.ts'
import { timestamp } from '../../text/times.ts'
import { madeOf, print, Refusal } from './common.ts'
import { asking, recorded } from './hosts.ts'
import { datedText, formOf, here, namesOf, type OutputOptions, show } from './output.ts'
import { settings } from './settings.ts'
import { type ViewArguments, viewOf } from './view-of.ts'

/** A command that a collector brings along. */
export interface PageCommand {
  readonly name: string
  readonly meaning: string
  /** Arguments and options, as commander writes them. */
  readonly words: readonly PageWord[]
  readonly parts: readonly PageCommand[]
  run(given: readonly (string | undefined)[], options: PageOptions & ViewArguments): Promise<Exit>
}

/** Options of every page. */
const common: readonly PageWord[] = [
  ['--json', 'the same as -o json'],
  ['-o, --output <FORM>', 'wide, json, yaml, or name: only which findings are open'],
  ['--node <DIR>', 'check a recorded node instead of this machine'],
  ['--at <TIME>', 'run the check as of that time, such as 2027-11-15T12:00:00Z'],
]

/** The pages of all collectors, with their subcommands. */
export const pages = (): readonly PageCommand[] =>
  collectors.flatMap((collector) => {
    const { page } = collector
    return page ? [command(collector, page)] : []
  })

const command = (collector: Collector, page: Page): PageCommand => ({
  name: page.name,
  meaning: `${page.meaning}; the same exit codes as status`,
  words: [...common, ...(page.words ?? [])],
  parts: (page.parts ?? []).map((it) => ({
    ...{ name: it.name, meaning: it.meaning, words: it.words ?? [], parts: [] },
    run: (given, options) => runPart(collector, page, it, given, options),
  })),
  run: (_given, options) => showPage(collector, page, options),
})

/** Prints one page. The exit code is the state of what is shown. */
async function showPage(
  collector: Collector,
  page: Page,
  options: PageOptions & ViewArguments,
): Promise<Exit> {
  const form = formOf(options as OutputOptions)
  // A page has one form for people; with `wide` it shows all that it has.
  const view = await viewOf(collector, form === 'wide' ? { ...options, all: true } : options)
  const terminal = here(options)
  // Not for a round of the command's own: the page itself says that beside its age.
  const stale = view.source === 'saved' && view.problem ? `${wrap(terminal, view.problem, 0)}\n\n` : ''
  if (form === 'json' || form === 'yaml')
    print(
      await datedText(
        form,
        madeOf(page.name, () => envelope(page, view)),
      ),
    )
  else if (form === 'name')
    print(page.names ? madeOf(page.name, () => lines(page.names?.(view) ?? [])) : namesOf(view.findings))
  else show(stale + madeOf(page.name, () => page.render(view, terminal)), terminal)
  return exitCode(stateOf(view))
}

const lines = (all: readonly string[]) => [...new Set(all)].map((it) => `${safe(it)}\n`).join('')

/** `unknown` for saved state, as no daemon runs, and where something could not be seen and no finding is critical. */
export function stateOf({ source, findings, blind }: View): Snapshot['state'] {
  if (source === 'saved') return 'unknown'
  const severity = gravest(findings)
  if (severity !== 'critical' && blind) return 'unknown'
  return severity === 'info' ? 'ok' : severity
}

/** The JSON of every page, version 2, as docs/status-json.md has it: all times in ISO 8601. */
export function envelope(page: Page, view: View): object {
  const { node, cluster, source, problem, at, now, summary, findings, blind, unseen, trend, artifacts } = view
  return {
    version: 2,
    page: page.name,
    node,
    ...(cluster !== undefined && { cluster }),
    source,
    ...(problem && { problem }),
    at: timestamp(at),
    now: timestamp(now),
    state: stateOf(view),
    summary,
    findings: [...findings, ...(blind ? [blind] : [])].map(dated),
    unseen,
    trend: trend.map(({ at: time, value }) => ({ at: timestamp(time), value })),
    artifacts: artifacts.map((it) => ({ ...it, at: timestamp(it.at) })),
    data: page.json(view),
  }
}

const dated = ({ since, found, onset, latest, seen, notifyAt, ...it }: Finding) => ({
  ...it,
  since: timestamp(since),
  found: timestamp(found),
  onset: { ...(onset.from !== undefined && { from: timestamp(onset.from) }), to: timestamp(onset.to) },
  ...(latest !== undefined && { latest: timestamp(latest) }),
  ...{ seen: timestamp(seen), notifyAt: timestamp(notifyAt) },
})

async function runPart(
  collector: Collector,
  page: Page,
  part: PagePart,
  given: readonly (string | undefined)[],
  options: PageOptions & ViewArguments,
): Promise<Exit> {
  for (const it of ['json', 'output', 'at'] as const)
    if (options[it] !== undefined)
      throw new Refusal(
        `--${it} is an option of \`agent ${page.name}\`; \`agent ${page.name} ${part.name}\` prints text`,
      )
  const terminal = here(options)
  show(await part.print(reachOf(collector, options), given, options, terminal), terminal)
  return 0
}

/**
 * What subcommands of a page can use: the running daemon; without one, what it left on the disk. With `--node` only
 * the recording, so that nothing of this machine is taken for something of that node; it holds no artifacts.
 */
export function reachOf(collector: Collector, options: PageOptions & ViewArguments): PageReach {
  const config = settings(options)
  const view = once(() => viewOf(collector, options, config))
  const { node } = options
  if (node !== undefined)
    return {
      view,
      artifacts: async () => [],
      body: async () => undefined,
      asking: async (ask) => ask(recorded(node)),
    }
  const path = `/v1/artifacts?collector=${collector.name}`
  const onDisk = () => artifactsOnDisk(config.stateDir, collector.name)
  const list = once(() => askFor<readonly ArtifactEntry[]>(config.socket, path).catch(() => onDisk().list))
  return {
    view,
    artifacts: list,
    body: (id) =>
      askFor<string | null>(config.socket, `${path}&id=${id}`, 15_000).then(
        (body) => (body === null ? undefined : Buffer.from(body, 'base64')),
        () => onDisk().body(id),
      ),
    asking,
  }
}

/** Calls `ask` only once and remembers its answer. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => {
    asked ??= ask()
    return asked
  }
}
