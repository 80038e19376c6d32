import { collectors } from '../../../collectors/index.ts'
import { askFor } from '../../api/ask.ts'
import { exitCode, type Snapshot } from '../../api/snapshot.ts'
import { gravest } from '../../core/cascade.ts'
import type {
  Collector,
  Exit,
  Finding,
  Kept,
  Page,
  PageOptions,
  PagePart,
  PageReach,
  PageWord,
  View,
} from '../../model/index.ts'
import { keptOnDisk } from '../../state/artifacts.ts'
import { terminalOf, wrap } from '../../text/terminal.ts'
import { timestamp } from '../../text/times.ts'
import { jsonText } from '../json.ts'
import { madeOf, print } from './common.ts'
import { asking } from './hosts.ts'
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

/** What every page can be asked for in the same way. */
const common: readonly PageWord[] = [
  ['--json', 'for scripts'],
  ['--node <DIR>', 'look at a recorded node instead of this machine'],
  ['--at <TIME>', 'by a look of its own, as if it were then, such as 2027-11-15T12:00:00Z'],
]

/** The pages of all collectors, with what belongs to each. */
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
    run: (given, options) => runPart(collector, it, given, options),
  })),
  run: (_given, options) => show(collector, page, options),
})

const here = () => terminalOf(process.stdout, process.env)

/** Prints one page. The exit code says how it stands with what is shown. */
async function show(collector: Collector, page: Page, options: PageOptions & ViewArguments): Promise<Exit> {
  const view = await viewOf(collector, options)
  const terminal = here()
  // A look of its own says so itself, beside its age.
  const stale = view.source === 'saved' && view.problem ? `${wrap(terminal, view.problem, 0)}\n\n` : ''
  print(
    madeOf(page.name, () =>
      options.json ? jsonText(envelope(page, view)) : stale + page.render(view, terminal),
    ),
  )
  return exitCode(stateOf(view))
}

/** How it stands. Nobody knows where no daemon runs that left a picture; nor where something is unseen and nothing worse is. */
export function stateOf({ source, findings, blind }: View): Snapshot['state'] {
  if (source === 'saved') return 'unknown'
  const severity = gravest(findings)
  if (severity !== 'critical' && blind) return 'unknown'
  return severity === 'info' ? 'ok' : severity
}

/** The JSON of every page, version 2, as docs/status-json.md has it: all times in ISO 8601. */
export function envelope(page: Page, view: View): object {
  const { node, source, problem, at, now, summary, findings, blind, unseen, trend, artifacts } = view
  return {
    version: 2,
    page: page.name,
    node,
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

const dated = ({ since, seen, notifyAt, ...it }: Finding) => ({
  ...it,
  ...{ since: timestamp(since), seen: timestamp(seen), notifyAt: timestamp(notifyAt) },
})

async function runPart(
  collector: Collector,
  part: PagePart,
  given: readonly (string | undefined)[],
  options: PageOptions & ViewArguments,
): Promise<Exit> {
  print(await part.print(reachOf(collector, options), given, options, here()))
  return 0
}

/** What the parts of a page can reach: of the running daemon; without one, what it left on the disk. */
function reachOf(collector: Collector, options: PageOptions & ViewArguments): PageReach {
  const config = settings(options)
  const path = `/v1/kept?collector=${collector.name}`
  const onDisk = () => keptOnDisk(config.stateDir, collector.name)
  const view = once(() => viewOf(collector, options, config))
  const list = once(() => askFor<readonly Kept[]>(config.socket, path).catch(() => onDisk().list))
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

/** Asks the first time only. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => {
    asked ??= ask()
    return asked
  }
}
