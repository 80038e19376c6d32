import type { Finding, Terminal, View } from '../../../agent/model/index.ts'
import { ageText, severityText, unseenLines } from '../../../agent/text/page-words.ts'
import { safe } from '../../../agent/text/sanitize.ts'
import { paint } from '../../../agent/text/terminal.ts'
import { hanging } from '../bridge.ts'
import { linkOf, outward, plan } from '../expected.ts'
import { confirmedLeaks } from '../pool.ts'
import type { CniSample, Part, Peer, PodLink } from '../sample.ts'

/**
 * The pod network on one screen, from the uplink to the pods, each finding beside what it is about. Ends with a line
 * break.
 */
export function renderNetwork(it: View<CniSample, unknown>, terminal: Terminal): string {
  const told = new Set<Finding>()
  /** The findings about these subjects that were not printed further up. */
  const wrong = (...subjects: readonly string[]) =>
    it.findings
      .filter((finding) => !told.has(finding) && subjects.includes(finding.subject))
      .map((finding) => {
        told.add(finding)
        return shownFinding(finding, terminal)
      })
  const { sample } = it
  const about = plan(sample)
  const name = about.kind === 'flannel' ? `flannel, ${about.backend}` : it.summary
  const head = `${paint(terminal, 'bold', safe(it.node))}  ${safe(name)}  (checked ${ageText(it)})`
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
  blocks.push(wrong(...it.findings.map(({ subject }) => subject)))
  return `${[...blocks, unseenLines(it, terminal)]
    .filter((one) => one.length > 0)
    .map((one) => one.join('\n'))
    .join('\n\n')}\n`
}

const stem = '      │'

const shownFinding = ({ severity, title, text, code }: Finding, terminal: Terminal) =>
  severityText(severity, `${title}. ${text} More: \`agent explain ${code}\``, terminal, 6, 8)

/** One interface: name, state, size, errors, addresses. */
function link(sample: CniSample, name: string, terminal: Terminal, needed = true): string {
  const it = linkOf(sample, name)
  const label = `  ${safe(name).padEnd(16)}`
  if (!sample.interfaces) return `${label}unreadable`
  if (!it) return needed ? label + paint(terminal, 'red', 'missing') : `${label}none yet: no pods`
  const state = it.up ? paint(terminal, 'green', 'up'.padEnd(6)) : paint(terminal, 'red', 'down'.padEnd(6))
  const errors = sample.errors?.[name]?.at(-1)?.[1]
  const counted = errors === undefined ? '' : `${errors} errors`
  const over = it.over === undefined ? '' : ` over ${safe(it.over)}`
  const more = it.addresses.join(' ') || 'no address'
  return `${label}${state}${`mtu ${it.mtu}`.padEnd(11)}${counted.padEnd(11)}${more}${over}`.trimEnd()
}

const mostPods = 12

/** The pods on the bridge, those with a problem first. */
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
      ? 'no veth'
      : loose.has(it.veth)
        ? `not on ${bridge}`
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
/** What of another node's name has room in its line. */
const longestName = 16

function peers(
  { peers: all = [], reach = {} }: CniSample,
  terminal: Terminal,
  wrong: (...subjects: readonly string[]) => readonly string[],
): readonly string[] {
  if (all.length === 0) return ['  No other nodes']
  const rank = ({ lacks, via }: Peer) =>
    (lacks?.length ?? 0) || Number(reach[via]?.passes !== undefined && reach[via]?.passes !== 'all')
  const sorted = [...all].sort((a, b) => rank(b) - rank(a))
  const lines = sorted.slice(0, mostPeers).flatMap(({ subnet, dev, via, node, lacks = [] }) => {
    const { passes, name = '' } = reach[via] ?? {}
    const state =
      lacks.length > 0
        ? paint(terminal, 'red', `lacks ${lacks.map((it) => parts[it]).join(', ')}`)
        : passes === undefined || passes === 'all'
          ? paint(terminal, 'green', passes ? 'ok, answers' : 'ok')
          : paint(terminal, 'red', passes === 'small' ? 'only small packets' : 'no answer')
    return [
      `    ${subnet.padEnd(20)}${safe(dev).padEnd(14)}${(node ?? via).padEnd(18)}${state}${name && ` ${safe(name).slice(0, longestName)}`}`,
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

/** The pool of addresses as a bar: taken ones, and leaked ones among these. */
function pool({ pool: it }: CniSample, terminal: Terminal, now: number): readonly string[] {
  if (!it) return []
  const leaked = confirmedLeaks(it.leaked, now).length
  // A number above 0 gets at least one cell, so that it can be seen.
  const cells = (count: number) => (count > 0 ? Math.max(1, Math.round((count / it.size) * barWidth)) : 0)
  const bad = Math.min(barWidth, cells(leaked))
  const good = Math.min(barWidth - bad, cells(it.used - leaked))
  const bar =
    '█'.repeat(good) + paint(terminal, 'yellow', '▒'.repeat(bad)) + '░'.repeat(barWidth - good - bad)
  const said = `${it.used} of ${it.size} used${leaked > 0 ? `, ${leaked} of them leaked` : ''}`
  return [`  Addresses   ${bar} ${said}`]
}

const answer = (rcode: string | undefined, error: string | undefined) =>
  rcode === undefined ? `no answer (${error ?? 'not asked'})` : rcode === 'SERVFAIL' ? 'SERVFAIL' : 'ok'
