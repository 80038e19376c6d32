import { hanging } from '../../../collectors/cni/bridge.ts'
import { linkOf, outward, plan } from '../../../collectors/cni/plan.ts'
import { ripe } from '../../../collectors/cni/pool.ts'
import type { CniSample, Part, PodLink } from '../../../collectors/cni/sample.ts'
import type { Rules, Severity } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { safe } from '../../text/sanitize.ts'
import { paint, type Style, type Terminal, wrap } from './terminal.ts'

/** What is wrong, as `assess` says it. */
export interface Fault {
  readonly code: string
  readonly subject: string
  readonly text: string
  readonly severity: Severity
}

export interface NetworkPicture {
  readonly node: string
  readonly sample: CniSample
  readonly faults: readonly Fault[]
  /** When it was seen, and now. */
  readonly at: number
  readonly now: number
  /** The collector's own line, for a node whose network is not drawn. */
  readonly summary: string
}

const colors: Readonly<Record<Severity, Style>> = { info: 'cyan', warning: 'yellow', critical: 'red' }

/** The pod network on one screen: what is there, from the uplink to the pods, and what is wrong, in place. Ends with a line break. */
export function renderNetwork(it: NetworkPicture, terminal: Terminal, rules: Rules): string {
  const told = new Set<Fault>()
  /** The faults of these subjects, each told once. */
  const wrong = (...subjects: readonly string[]) =>
    it.faults
      .filter((fault) => !told.has(fault) && subjects.includes(fault.subject))
      .map((fault) => {
        told.add(fault)
        return shownFault(fault, terminal, rules)
      })
  const { sample } = it
  const about = plan(sample)
  const name = about.kind === 'flannel' ? `flannel, ${about.backend}` : it.summary
  const head = `${paint(terminal, 'bold', safe(it.node))}  ${safe(name)}  (looked ${duration(it.now - it.at)} ago)`
  const blocks: (readonly string[])[] = [[head]]
  const uplink = outward(sample).flatMap((one) => [link(sample, one, terminal), ...wrong(one)])
  if (about.kind === 'flannel') {
    const overlays = about.overlays.flatMap((one) => [link(sample, one, terminal, true), ...wrong(one)])
    const pods = hanging(sample, about.bridge)
    const needed = pods.pods.length + pods.veths > 0
    blocks.push([
      ...uplink,
      ...(overlays.length > 0 && uplink.length > 0 ? [stem] : []),
      ...overlays,
      stem,
      link(sample, about.bridge, terminal, needed),
      ...wrong(about.bridge, `pods on ${about.bridge}`),
      ...hung(sample, about.bridge, pods, terminal),
    ])
    blocks.push(peers(sample, terminal, wrong))
    blocks.push([...pool(sample, terminal, it.now), ...wrong(sample.pool?.folder ?? '')])
  } else if (sample.k3s) blocks.push(uplink)
  const { dns } = sample
  if (dns)
    blocks.push([`  DNS         ${safe(dns.server)} ${answer(dns.rcode, dns.error)}`, ...wrong(dns.server)])
  blocks.push(wrong(...it.faults.map((fault) => fault.subject)))
  const unseen = sample.unseen ?? []
  const unrecorded = unseen.filter((one) => one.unrecorded).map((one) => one.what)
  const blind = [
    ...unseen.filter((one) => !one.unrecorded).map((one) => wrap(terminal, `Not seen: ${one.why}`, 2, 4)),
    ...(unrecorded.length > 0 ? [wrap(terminal, `Not recorded: ${unrecorded.join(', ')}`, 2, 4)] : []),
  ]
  return `${[...blocks, blind]
    .filter((one) => one.length > 0)
    .map((one) => one.join('\n'))
    .join('\n\n')}\n`
}

const stem = '      │'

function shownFault(fault: Fault, terminal: Terminal, rules: Rules): string {
  const word = fault.severity.toUpperCase()
  const title = rules[fault.code]?.title ?? fault.code
  const text = wrap(terminal, `${word}  ${title}: ${fault.text} More: \`agent explain ${fault.code}\``, 6, 8)
  return text.replace(word, paint(terminal, colors[fault.severity], word))
}

/** One interface: name, state, size, errors, addresses. */
function link(sample: CniSample, name: string, terminal: Terminal, needed = true): string {
  const it = linkOf(sample, name)
  const label = `  ${safe(name).padEnd(16)}`
  if (!sample.interfaces) return `${label}not seen`
  if (!it) return needed ? label + paint(terminal, 'red', 'missing') : `${label}not yet: no pods`
  const state = it.up ? paint(terminal, 'green', 'up'.padEnd(6)) : paint(terminal, 'red', 'down'.padEnd(6))
  const errors = sample.errors?.[name]?.at(-1)?.[1]
  const counted = errors === undefined ? '' : `${errors} errors`
  const over = it.over === undefined ? '' : ` over ${safe(it.over)}`
  const more = it.addresses.join(' ') || 'no address'
  return `${label}${state}${`mtu ${it.mtu}`.padEnd(11)}${counted.padEnd(11)}${more}${over}`.trimEnd()
}

const mostPods = 12

/** What hangs on the bridge, what is wrong first. */
function hung(
  { interfaces, gone = [] }: CniSample,
  bridge: string,
  { pods, veths }: { readonly pods: readonly PodLink[]; readonly veths: number },
  terminal: Terminal,
): readonly string[] {
  const loose = new Set(interfaces?.loose)
  const lost = new Set(gone)
  const trouble = (it: PodLink) =>
    lost.has(it.veth)
      ? 'has no veth'
      : loose.has(it.veth)
        ? `is not on ${bridge}`
        : interfaces?.odd?.[it.veth] !== undefined
          ? `mtu ${interfaces.odd[it.veth]}`
          : ''
  const sorted = pods
    .map((it) => ({ it, why: trouble(it), name: `${it.namespace}/${it.name}` }))
    .sort((a, b) => Number(b.why !== '') - Number(a.why !== '') || (a.name < b.name ? -1 : 1))
  const shown = sorted.slice(0, mostPods)
  const more = Math.max(pods.length, veths) - shown.length
  const lines = shown.map(({ it, why, name }) => {
    const room = terminal.width - 39 - (why ? why.length + 1 : 0)
    const short = name.length > room ? `${name.slice(0, room - 1)}…` : name
    return (
      safe(`${it.veth.padEnd(14)}${it.ip.padEnd(16)}${short}`) + (why && ` ${paint(terminal, 'red', why)}`)
    )
  })
  if (more > 0) lines.push(shown.length > 0 ? `and ${more} more` : `${more} veths`)
  return lines.map((line, at) => `      ${at === lines.length - 1 ? '└─' : '├─'} ${line}`)
}

const parts: Readonly<Record<Part, string>> = { route: 'route', neighbour: 'neighbour', fdb: 'FDB entry' }
const mostPeers = 12

function peers(
  { peers: all = [] }: CniSample,
  terminal: Terminal,
  wrong: (...subjects: readonly string[]) => readonly string[],
): readonly string[] {
  if (all.length === 0) return ['  No other nodes.']
  const sorted = [...all].sort((a, b) => (b.lacks?.length ?? 0) - (a.lacks?.length ?? 0))
  const lines = sorted.slice(0, mostPeers).flatMap(({ subnet, dev, via, node, lacks = [] }) => {
    const state =
      lacks.length === 0
        ? paint(terminal, 'green', 'ok')
        : paint(terminal, 'red', `lacks ${lacks.map((it) => parts[it]).join(', ')}`)
    return [
      `    ${subnet.padEnd(20)}${safe(dev).padEnd(14)}${(node ?? via).padEnd(18)}${state}`,
      ...wrong(subnet),
    ]
  })
  return [
    `  Other nodes: ${all.length}`,
    ...lines,
    ...(all.length > mostPeers ? [`    and ${all.length - mostPeers} more`] : []),
  ]
}

const barWidth = 32

/** Taken addresses, leaked ones among them, as a bar of the whole pool. */
function pool({ pool: it }: CniSample, terminal: Terminal, now: number): readonly string[] {
  if (!it) return []
  const leaked = ripe(it.leaked, now).length
  // Whatever is not nothing can be seen.
  const cells = (count: number) => (count > 0 ? Math.max(1, Math.round((count / it.size) * barWidth)) : 0)
  const bad = Math.min(barWidth, cells(leaked))
  const good = Math.min(barWidth - bad, cells(it.used - leaked))
  const bar =
    '█'.repeat(good) + paint(terminal, 'yellow', '▒'.repeat(bad)) + '░'.repeat(barWidth - good - bad)
  const said = `${it.used} of ${it.size} taken${leaked > 0 ? `, ${leaked} of them leaked` : ''}`
  return [`  Addresses   ${bar} ${said}`]
}

const answer = (rcode: string | undefined, error: string | undefined) =>
  rcode === undefined
    ? `does not answer (${error ?? 'not asked'})`
    : rcode === 'SERVFAIL'
      ? 'cannot tell (SERVFAIL)'
      : 'answers'
