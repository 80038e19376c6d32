import { type Host, HostError } from '../../../agent/model/index.ts'
import { orMissing } from '../../node/k3s.ts'
import { type Backend, type Cell, type Family, tableIn } from '../cells.ts'
import { lost } from '../history/loss.ts'
import type { Probe } from '../packet/match.ts'
import type { Tables } from '../packet/walk.ts'
import type { RuleSet } from '../rule-set.ts'
import { readSaved, type Saved } from './parse-save.ts'

export interface Read {
  readonly set: RuleSet
  readonly tables: Tables
  readonly forwards: readonly string[]
  /** All tables that were printed, and those that only `nft` can print. */
  readonly names: readonly string[]
}

export interface Wanted {
  readonly family: Family
  readonly podNetworks: readonly string[]
  readonly probes: readonly Probe[]
  /** The folder of k3s's bundled iptables, for nodes that have none of their own. */
  readonly bundled?: string
  /** The rule sets of the previous sample. */
  readonly past: readonly RuleSet[]
}

/** 100,000 rules take `iptables-nft-save` about a second on an idle machine. */
const timeout = 30_000

/**
 * A dump that the kernel breaks off, or fills while `iptables-restore` puts the same rules there anew, may miss some or
 * all of them without an error (once in some hundred restores beside six busy processes, with iptables 1.8.9). So where
 * a table is gone, or an owner has nothing left in the built-in chains, of which people are told at once, they are read
 * until two dumps in a row agree on that: at most so many times, and none begins after so long, ms.
 */
const [mostReads, longestReading] = [5, 5_000]

/**
 * Reads both backends of one family. A backend that this machine or its kernel does not have is left out; throws a
 * HostError where reading fails.
 */
export async function readFamily(host: Host, wanted: Wanted): Promise<readonly Read[]> {
  const v = wanted.family === 'ipv4' ? 'ip' : 'ip6'
  const nft = await firstThere(host, wanted, [
    [`${v}tables-nft-save`],
    ...(wanted.bundled ? [[`${wanted.bundled}/xtables-nft-multi`, `${v}tables-save`]] : []),
    [`${v}tables-save`],
  ])
  const read: Read[] = []
  if (nft) read.push(nft)
  // A version of `iptables-save` without "nf_tables" reads the legacy backend, which is then done.
  if (nft?.set.backend === 'legacy') return read
  const tables = await orMissing(host.text(`/proc/net/${v}_tables_names`))
  // Without tables there is nothing to read, and asking for a table by name would create it.
  if (!tables?.trim()) return read
  const legacy = await firstThere(host, wanted, [
    [`${v}tables-legacy-save`],
    ...(wanted.bundled ? [[`${wanted.bundled}/xtables-legacy-multi`, `${v}tables-save`]] : []),
  ])
  if (legacy) return [...read, legacy]
  throw new HostError(
    'missing',
    `running \`${v}tables-legacy-save\`: the kernel holds legacy tables (${tables.trim().split(/\s+/).slice(0, 5).join(', ')}) and there is no command to read them`,
  )
}

async function firstThere(host: Host, wanted: Wanted, ways: readonly string[][]): Promise<Read | undefined> {
  for (const argv of ways)
    try {
      return await readBackend(host, wanted, argv)
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'missing') throw error
    }
  return undefined
}

async function readBackend(host: Host, wanted: Wanted, argv: readonly string[]): Promise<Read | undefined> {
  const first = await save(host, wanted, argv)
  if (!first) return undefined
  const legacy = argv.some((it) => it.includes('legacy')) || isLegacy(first.version)
  const backend: Backend = legacy ? 'legacy' : 'nft'
  const past = wanted.past.find((it) => it.family === wanted.family && it.backend === backend)
  const { saved, set } = await agreed(
    first,
    (saved) => ruleSet(wanted.family, backend, saved, past, argv),
    () => save(host, wanted, argv),
    past,
  )
  return { set, tables: saved.tables, forwards: saved.forwards, names: [...saved.names, ...saved.hidden] }
}

/** The first dump, or where that misses what `past` had, one that the next one agrees with on what is gone. */
async function agreed(
  first: Saved,
  asSet: (saved: Saved) => RuleSet,
  again: () => Promise<Saved | undefined>,
  past: RuleSet | undefined,
): Promise<{ readonly saved: Saved; readonly set: RuleSet }> {
  const had = past?.cells ?? {}
  const tables = [...new Set(Object.keys(had).map(tableIn))]
  const judged = (saved: Saved) => {
    const set = asSet(saved)
    const vanished = tables.filter((it) => !saved.names.includes(it) && !saved.hidden.includes(it))
    const gone = [...vanished, ...lost(had, set.cells)].join()
    return { saved, set, vanished, gone }
  }
  const begun = performance.now()
  let sure = judged(first)
  for (let reads = 1; reads < mostReads && sure.gone !== ''; reads += 1) {
    if (performance.now() - begun >= longestReading) break
    let next: Saved | undefined
    try {
      next = await again()
    } catch (error) {
      // A dump with all its tables is one; without them, it may be one that was broken off.
      if (!(error instanceof HostError) || sure.vanished.length > 0) throw error
    }
    if (!next) break
    const before = sure
    sure = judged(next)
    // What comes and goes with pods and services is no matter here.
    if (sure.gone === before.gone && sure.set.own === before.set.own) break
  }
  return sure
}

/** Only the nft backend names itself in the version: `v1.8.9 (nf_tables)`, but `v1.8.9` and `v1.6.1` for legacy. */
const isLegacy = (version: string | undefined) => version !== undefined && !version.includes('nf_tables')

/**
 * Error messages of a kernel that does not have this backend, which is an answer and no failure (measured with iptables
 * 1.8.9; exit codes 1 and 4).
 */
const noBackend =
  /Failed to initialize nft: (Protocol|Address family) not supported|rule set generation id: (Invalid argument|Operation not supported|Protocol not supported)|do you need to insmod/

async function save(
  host: Host,
  { podNetworks, probes }: Wanted,
  argv: readonly string[],
): Promise<Saved | undefined> {
  const saved = readSaved({ podNetworks, probes })
  const { exit, stderr } = await host.run(argv, { timeout, line: saved.line })
  const said = stderr.trim().split('\n')[0] ?? ''
  const doing = `running \`${argv.join(' ')}\``
  if (exit !== 0) {
    if (noBackend.test(stderr)) return undefined
    if (/Permission denied|Operation not permitted|must be root/.test(stderr))
      throw new HostError('denied', `${doing}: not permitted; it needs CAP_NET_ADMIN (${said})`)
    throw new HostError('failed', `${doing}: it ended with exit code ${exit}${said && `: ${said}`}`)
  }
  const end = saved.end()
  if (!end.whole) throw new HostError('failed', `${doing}: its output ended in the middle of a table`)
  const silent = end.names.length === 0 && end.hidden.length === 0 && end.version === undefined
  if (end.strange || (silent && !(await isSave(host, argv))))
    throw new HostError('failed', `${doing}: it did not print what iptables-save prints`)
  return end
}

/**
 * Whether this program is an iptables-save: one without a single table prints nothing at all, as any other program may.
 * Those before 1.8.3 do not know `--version` and complain by their own name.
 */
async function isSave(host: Host, argv: readonly string[]): Promise<boolean> {
  try {
    const { stdout, stderr } = await host.run([...argv, '--version'], { timeout, limit: 4096 })
    return /tables(-\w+)?-save\b/.test(`${stdout}\n${stderr}`)
  } catch (error) {
    // A recording holds what was asked then.
    if (error instanceof HostError && error.code === 'unrecorded') return true
    throw error
  }
}

function ruleSet(
  family: Family,
  backend: Backend,
  saved: Saved,
  past: RuleSet | undefined,
  argv: readonly string[],
): RuleSet {
  const { rules, policies, chains, hash, kube, hidden, replaced, copies, ufw, version } = saved
  const cells: Record<string, Cell> = { ...saved.cells }
  for (const table of hidden)
    for (const [place, cell] of Object.entries(past?.cells ?? {}))
      if (place.startsWith(`${table} `)) cells[place] = cell
  return {
    family,
    backend,
    rules,
    cells,
    policies,
    chains,
    hash,
    own: saved.own,
    argv,
    ...(version !== undefined && { version }),
    ...(copies && { copies }),
    ...(ufw !== undefined && { ufw }),
    kube: hidden.includes('nat') ? (past?.kube ?? kube) : kube,
    ...(replaced && { replaced }),
    ...(hidden.length > 0 && { hidden }),
  }
}
