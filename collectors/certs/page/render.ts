import type { Sample, Terminal, View } from '../../../agent/model/index.ts'
import { duration } from '../../../agent/text/durations.ts'
import { shorten } from '../../../agent/text/lengths.ts'
import { ageText, findingLines, unseenLines } from '../../../agent/text/page-words.ts'
import { type TableRow, table } from '../../../agent/text/table.ts'
import { commandOf, type Style, wrap } from '../../../agent/text/terminal.ts'
import { momentIn, zoneName } from '../../../agent/text/zones.ts'
import type { Row } from '../rows.ts'

const styles: Readonly<Record<Row['state'], Style>> = {
  expired: 'red',
  'not yet valid': 'red',
  'last days': 'red',
  unreadable: 'yellow',
  soon: 'yellow',
  ok: 'green',
  unused: 'dim',
}

/**
 * The table in kubeadm's columns (`kubeadm certs check-expiration`), each certificate once, however many places hold or
 * serve it; with the places below where something is wrong, and with `all` everywhere. Ends with a line break.
 */
export function renderCerts(view: View<Sample, unknown>, rows: readonly Row[], terminal: Terminal): string {
  const { node, summary, now, at, problem, options } = view
  const age = now - at > 2_000 || problem ? ` (checked ${ageText(view)})` : ''
  const all = options.all === true
  const { expiringWithin } = options
  const none = expiringWithin === undefined ? [] : [`No certificate expires within ${expiringWithin}.`]
  const hint = `CAs, copies and unused certs: ${commandOf(terminal)} certs --all`
  const heads = [
    'STATE',
    'CERTIFICATE',
    wide(terminal) ? `EXPIRES (${zoneName(terminal.zone, now)})` : 'EXPIRES',
    'RESIDUAL',
    'CA',
  ]
  const lines = [...onceEach(rows)].map((places) => line(places, now, terminal, all))
  return [
    wrap(terminal, `${node}: ${summary}${age}`, 0, 2),
    ...(rows.length > 0 ? [table(terminal, heads, lines)] : none),
    ...findingLines(view, terminal),
    ...unseenLines(view, terminal),
    ...(rows.length > 0 && !all ? [wrap(terminal, hint, 0)] : []),
  ]
    .join('\n\n')
    .concat('\n')
}

/** The places of each certificate, in the order of the first. What cannot be read is one for itself. */
function onceEach(rows: readonly Row[]): Iterable<readonly Row[]> {
  const key = (it: Row) =>
    it.problem
      ? `${it.where} ${it.problem}`
      : [it.issuer, it.serial, it.subject, it.from, it.to, it.state === 'unused'].join(' ')
  return Map.groupBy(rows, key).values()
}

function line(places: readonly Row[], now: number, terminal: Terminal, all: boolean): TableRow {
  const [first] = places as [Row]
  const { state, to } = first
  const residual = to === undefined ? '' : to < now ? 'expired' : duration(to - now)
  const expires = to === undefined ? '' : momentIn(terminal.zone, to).slice(0, wide(terminal) ? 16 : 10)
  const wrong = state !== 'ok' && state !== 'unused'
  const more = places.length > 1 ? ` +${places.length - 1}` : ''
  return {
    cells: [
      { text: state, style: styles[state] },
      { text: nameOf(first) + more },
      { text: expires },
      { text: residual, ...(wrong && { style: styles[state] }) },
      { text: first.kind === 'authority' ? '(is a CA)' : caOf(first.issuer) },
    ],
    notes:
      all || wrong || places.some((it) => it.differs || it.problem)
        ? [...new Set(places.map(placeOf))].slice(0, mostPlaces(all))
        : [],
  }
}

const mostPlaces = (all: boolean) => (all ? 20 : 4)

/** Whether there is room for the time of day. */
const wide = ({ width }: Terminal) => width >= 100

/** As k3s calls it: the file without its folder and ending; of what is served the address. */
const nameOf = ({ where, name }: Row) =>
  where.startsWith('/') ? (where.split('/').at(-1) ?? where).replace(/\.(crt|pem|cert)$/, '') : where || name

/** As its file is called: "server-ca" of "CN=k3s-server-ca@1763856000". Cut where it is longer than k3s's are. */
function caOf(issuer: string): string {
  const name = (/CN=([^,@]+)/.exec(issuer)?.[1] ?? issuer.split('@')[0] ?? '').trim()
  const short = name.replace(/^(?:k3s|rke2)-/, '')
  return short.length > longestCa ? `${short.slice(0, longestCa - 1)}~` : short
}
const longestCa = 17

/** As long as a name of k3s's own ever is, in characters. */
const longestName = 64

function placeOf(it: Row): string {
  const kind = it.kind === 'authority' ? 'authority' : it.use === 'both' ? 'client and serving' : it.use
  const used = [kind, it.by, it.differs && 'not what the file holds'].filter(Boolean).join(', ')
  return (
    it.problem ??
    `${it.where}${used ? ` (${used})` : ''}${it.name ? `: ${shorten(it.name, longestName)}` : ''}`
  )
}
