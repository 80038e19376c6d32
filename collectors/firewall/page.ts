import { diffRules } from '../../../collectors/firewall/history/diff.ts'
import {
  type AboutRules,
  type KeptRules,
  rulesWhole,
  unpackRules,
} from '../../../collectors/firewall/history/keep.ts'
import type { FirewallSample } from '../../../collectors/firewall/sample.ts'
import { askFor } from '../../api/ask.ts'
import { openMachine } from '../../host/machine.ts'
import { recordedNode } from '../../host/replay.ts'
import type { Host, Point } from '../../model/index.ts'
import { type Kept, keptOnDisk } from '../../state/keepsakes.ts'
import { clockUtc, day, minute } from '../../text/times.ts'
import { renderDiff, renderFirewall } from '../render/firewall.ts'
import { terminalOf } from '../render/terminal.ts'
import { type Exit, madeOf, print, Refusal, settings } from './common.ts'
import { type LatestArguments, latest } from './latest.ts'

const name = 'firewall'

export interface FirewallArguments extends LatestArguments {
  readonly json?: boolean
}

/** Rules by owner, policies, ufw, changes with their authors, and what is kept whole. */
export async function firewall(options: FirewallArguments): Promise<Exit> {
  const { node, sample, at, now } = await latest(name, options)
  const { list } = await keptRules(options)
  const trend = options.node ? [] : await rulesOverTime(options, now)
  const terminal = terminalOf(process.stdout, process.env)
  print(
    options.json
      ? `${JSON.stringify({ version: 1, node, at, firewall: sample, kept: list }, null, 2)}\n`
      : madeOf('firewall', () => {
          const values = trend.map((it) => it.value)
          const picture = { node, sample: sample as FirewallSample, at, now, trend: values, kept: list }
          return renderFirewall(picture, terminal)
        }),
  )
  return 0
}

export interface DiffArguments extends LatestArguments {
  readonly all?: boolean
}

const linesShown = 20

/** What went and what came: from the last good rules to now, or between any two that are kept. */
export async function firewallDiff(
  from: string | undefined,
  to: string | undefined,
  options: DiffArguments,
): Promise<Exit> {
  const known = await latest(name, options)
  const sample = known.sample as FirewallSample
  const kept = await keptRules(options)
  const pods = sample.networks?.pods ?? []
  const label = (it: Kept) => `${it.id} (${clockUtc(it.at, known.now)})`
  const side = async (which: string): Promise<{ label: string; rules: readonly KeptRules[] }> => {
    if (which === 'now') return { label: 'now', rules: await rulesNow(sample, options) }
    const it = chosen(kept.list, which)
    return { label: label(it), rules: await kept.rules(it.id) }
  }
  let [a, b] = [await side(from ?? 'good'), await side(to ?? 'now')]
  let differences = diffRules(a.rules, b.rules, pods)
  // Nothing since the last snapshot: then people want to know what led to it.
  const [newest, former] = kept.list
  if (from === undefined && differences.length === 0 && newest && former) {
    a = { label: label(former), rules: await kept.rules(former.id) }
    b = { label: label(newest), rules: await kept.rules(newest.id) }
    differences = diffRules(a.rules, b.rules, pods)
  }
  const most = options.all ? Number.POSITIVE_INFINITY : linesShown
  print(
    renderDiff({ from: a.label, to: b.label, differences, most }, terminalOf(process.stdout, process.env)),
  )
  return 0
}

export interface ShowArguments extends LatestArguments {
  readonly ipv6?: boolean
  readonly legacy?: boolean
  /** `inet firewalld`, `ipset` */
  readonly part?: string
}

/** One kept rule set as it was printed, for `iptables-restore`. Murphy itself never puts it back. */
export async function firewallShow(which: string, options: ShowArguments): Promise<Exit> {
  const kept = await keptRules(options)
  const it = chosen(kept.list, which)
  const parts = await kept.rules(it.id)
  const wanted = options.part ?? `${options.ipv6 ? 'ipv6' : 'ipv4'} ${options.legacy ? 'legacy' : 'nft'}`
  const found = parts.find(({ part }) => part === wanted)
  if (!found)
    throw new Refusal(
      `${it.id} holds no ${wanted}; there is ${parts.map(({ part }) => part).join(', ')} (--ipv6, --legacy, --part NAME)`,
    )
  print(`${found.lines.join('\n')}\n`)
  return 0
}

/** `good`, or a number. */
function chosen(list: readonly Kept[], which: string): Kept {
  if (list.length === 0)
    throw new Refusal('no rules are kept yet: the agent keeps them while it runs, from its first look on')
  const it =
    which === 'good'
      ? (list.find(({ about }) => (about as unknown as AboutRules).good) ?? list[0])
      : list.find(({ id }) => String(id) === which)
  if (!it)
    throw new Refusal(
      `nothing is kept as ${which}; there is good, now, and ${list
        .map(({ id }) => id)
        .slice(0, 10)
        .join(', ')}`,
    )
  return it
}

/** What the running daemon keeps; without one, what it left on the disk. */
async function keptRules(options: LatestArguments) {
  const config = settings(options)
  if (options.node) return { list: [] as readonly Kept[], rules: async (_id: number) => [] }
  const unpacked = (body: Uint8Array | undefined, id: number) => {
    if (!body) throw new Refusal(`${id} is not kept any more`)
    return unpackRules(body)
  }
  try {
    const list = await askFor<Kept[]>(config.socket, `/v1/kept?collector=${name}`)
    return {
      list,
      rules: async (id: number) => {
        const path = `/v1/kept?collector=${name}&id=${id}`
        const body = await askFor<string | null>(config.socket, path, 15_000)
        return unpacked(body === null ? undefined : Buffer.from(body, 'base64'), id)
      },
    }
  } catch (error) {
    if (error instanceof Refusal) throw error
    const disk = keptOnDisk(config.stateDir, name)
    return { list: disk.list, rules: async (id: number) => unpacked(disk.body(id), id) }
  }
}

async function rulesOverTime(options: LatestArguments, now: number): Promise<readonly Point[]> {
  const path = `/v1/series?name=${name}.rules&since=${now - day}`
  return askFor<readonly Point[]>(settings(options).socket, path).catch(() => [])
}

async function rulesNow(sample: FirewallSample, options: LatestArguments): Promise<readonly KeptRules[]> {
  const read = async (host: Host) => {
    const body = await rulesWhole(host, sample.sets)
    if (!body) throw new Refusal('the rules that are there now cannot be read; as root they can')
    return unpackRules(body)
  }
  if (options.node) return read(recordedNode(options.node))
  const machine = openMachine()
  try {
    return await read(machine.during(AbortSignal.timeout(minute)))
  } finally {
    machine.close()
  }
}
