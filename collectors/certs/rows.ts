import { stageOf } from './assess.ts'
import { differences, type Group, groups, type Item } from './groups.ts'
import type { Certificate, CertsSample } from './sample.ts'
import { useOf } from './uses.ts'

/** One line of `agent certs`: one certificate in one place. */
export interface Row {
  readonly state: 'expired' | 'not yet valid' | 'last days' | 'soon' | 'ok' | 'unreadable' | 'unused'
  /** The path, or the address that serves it. */
  readonly where: string
  readonly name: string
  readonly subject: string
  readonly issuer: string
  readonly serial: string
  readonly kind: 'leaf' | 'authority'
  readonly use?: 'client' | 'serving' | 'both'
  /** Who uses it. */
  readonly by?: string
  /** ms since the epoch; both absent where it cannot be read. */
  readonly from?: number
  readonly to?: number
  /** Served, but different from the file. */
  readonly differs?: true
  readonly problem?: string
}

const words = { early: 'not yet valid', good: 'ok' } as const

/**
 * Sorted from the most urgent to the one that lasts longest. `all` adds authorities, copies and unused certificates.
 */
export function rowsOf(sample: CertsSample, warnDays: number, now: number, all: boolean): readonly Row[] {
  const rows: Row[] = []
  const listed = new Set<string>()
  for (const group of groups(sample, warnDays)) {
    for (const problem of group.problems) rows.push(unreadable(problem))
    for (const item of group.items) {
      listed.add(`${item.source} ${item.certificate.print}`)
      const state = stageOf(item, group, now)
      // Authorities are shown without `all` only if something is wrong with them.
      if (item.authority && !all && state === 'good') continue
      rows.push(rowOf(item, group, state))
    }
  }
  for (const { served } of differences(sample)) {
    const leaf = served.certificates[0] as Certificate
    const group: Renewed = { kind: 'restart', limits: { days: 0, part: 0 } }
    const item = { certificate: leaf, where: '', source: served.address }
    listed.add(`${served.address} ${leaf.print}`)
    rows.push({ ...rowOf(item, group, stageOf(item, group, now)), differs: true })
  }
  if (all) rows.push(...others(sample, listed, now))
  return rows.sort((a, b) => rank(a) - rank(b) || (a.where < b.where ? -1 : 1))
}

/** The sort key: unreadable and not yet valid ones first, then by end, unused ones last. */
const rank = (it: Row) =>
  it.state === 'unused' ? Number.MAX_SAFE_INTEGER : it.state === 'not yet valid' ? -1 : (it.to ?? -2)

/** The part of a group that a row needs: a served certificate that differs from its file belongs to no group. */
type Renewed = Pick<Group, 'kind' | 'limits'>

function rowOf(
  { certificate, source, authority }: Item,
  group: Renewed,
  state: ReturnType<typeof stageOf>,
): Row {
  const { name, subject, issuer, serial, use, from, to } = certificate
  const by = useOf(source)?.by ?? users[group.kind]
  return {
    state: state === 'early' || state === 'good' ? words[state] : state,
    where: source,
    ...{ name, subject, issuer, serial, from, to },
    kind: authority ? 'authority' : 'leaf',
    ...(use && { use }),
    ...(by && !authority && { by }),
  }
}

const users: Partial<Record<Group['kind'], string>> = { kubeconfig: 'kubectl', endpoint: 'clients' }

const unreadable = (problem: string): Row => ({
  state: 'unreadable',
  where: problem.slice(0, problem.indexOf(' ')),
  ...{ name: '', subject: '', issuer: '', serial: '', kind: 'leaf', problem },
})

/** Certificates left out above: copies that count elsewhere, and those that nothing uses. */
function others(sample: CertsSample, listed: Set<string>, now: number): Row[] {
  const rows: Row[] = []
  const places = [
    ...sample.files.map((it) => ({
      where: it.path,
      certificates: it.certificates,
      unused: it.loose === true,
    })),
    ...sample.served.map((it) => ({ where: it.address, certificates: it.certificates, unused: false })),
  ]
  for (const { where, certificates, unused } of places)
    for (const certificate of certificates) {
      const key = `${where} ${certificate.print}`
      if (listed.has(key)) continue
      listed.add(key)
      const { name, subject, issuer, serial, use, from, to, ca } = certificate
      const state = unused ? 'unused' : to < now ? 'expired' : from > now ? 'not yet valid' : 'ok'
      rows.push({
        ...{ state, where, name, subject, issuer, serial, from, to, kind: ca ? 'authority' : 'leaf' },
        ...(use && { use }),
      })
    }
  return rows
}
