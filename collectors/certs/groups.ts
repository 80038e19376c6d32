import { basename } from 'node:path'
import { ownOf } from './homes.ts'
import type { Certificate, CertsSample, SeenFile, Served } from './sample.ts'
import { fileServed } from './served.ts'
import { type Limits, ofAuthorities, ofK3s, ofOthers } from './window.ts'

/** A certificate and the place where it was found first; further copies are not counted. */
export interface Item {
  readonly certificate: Certificate
  /** As shown to people: "client-admin.crt (system:admin)". */
  readonly where: string
  /** The file or the address. */
  readonly source: string
  /** An authority is not renewed like leaf certificates, so it is reported here only once it has expired. */
  readonly authority?: true
  /** k3s renews this one while it runs, within hours of its renewal window (dynamiclistener checks every 6 h). */
  readonly renewsItself?: true
}

/** Certificates that are renewed together, and therefore reported together. */
export interface Group {
  /** `restart`: k3s renews it when it starts. */
  readonly kind: 'restart' | 'authorities' | 'kubeconfig' | 'file' | 'endpoint'
  readonly subject: string
  readonly limits: Limits
  readonly items: readonly Item[]
  /** Problems of reading, as sentences without a full stop. */
  readonly problems: readonly string[]
}

interface Placed {
  readonly kind: Group['kind']
  readonly subject: string
  readonly item?: Item
  readonly problem?: string
}

/** "k3s server" */
export const nodeName = (k3s: CertsSample['k3s']) => (k3s ? `${k3s.distribution} ${k3s.role}` : 'k3s')

/** The subjects of this node's own authorities. */
export const authorityNames = (sample: CertsSample): ReadonlySet<string> =>
  new Set(
    sample.files
      .filter((it) => it.of === 'k3s' && !it.loose)
      .flatMap((it) => it.certificates.filter((one) => one.ca).map((one) => one.subject)),
  )

/** The ports on which this node's own API answers. */
export const portsOf = ({ k3s }: CertsSample): ReadonlySet<string> => new Set([k3s?.port ?? '6443', '6444'])

/** Ports at which k3s serves another certificate than its file holds. */
export function differences({ k3s, files, served }: CertsSample): { served: Served; file: SeenFile }[] {
  if (!k3s) return []
  const own = files.filter((it) => it.of === 'k3s')
  return served.flatMap((it) => {
    const path = it.of === 'k3s' ? fileServed(it.address, k3s.distribution, k3s.role) : undefined
    const file = path === undefined ? undefined : own.find((it) => it.path === `${k3s.dataDir}/${path}`)
    const [leaf] = it.certificates
    const [stored] = file?.certificates ?? []
    return file && leaf && stored && leaf.print !== stored.print ? [{ served: it, file }] : []
  })
}

/** All certificates of a sample, grouped by what renews them. Those that k3s no longer uses are left out. */
export function groups(sample: CertsSample, warnDays: number): readonly Group[] {
  const node = nodeName(sample.k3s)
  const differing = new Set(differences(sample).map((it) => it.served.address))
  const own = authorityNames(sample)
  const ports = portsOf(sample)
  const files = (of: SeenFile['of']) =>
    sample.files
      .filter((it) => it.of === of && !it.loose)
      .map((it) => ownOf(it, own, ports))
      .flatMap((it) => placeFile(it, node))
  const served = (of: Served['of']) =>
    sample.served
      // A port that serves another certificate than its file has a finding of its own.
      .filter((it) => it.of === of && !(of === 'k3s' && differing.has(it.address)))
      .flatMap((it) => placeServed(it, sample))
  // A certificate counts where it is found first: k3s's own files come before what k3s serves and before copies.
  const placed = [
    ...files('k3s'),
    ...served('k3s'),
    ...files('kubeconfig'),
    ...files('home'),
    ...files('extra'),
    ...served('extra'),
  ]

  const known = new Set<string>()
  const found = new Map<string, Group & { items: Item[]; problems: string[] }>()
  for (const { kind, subject, item, problem } of placed) {
    const key = `${kind} ${subject}`
    const limits =
      kind === 'restart'
        ? ofK3s(sample.k3s?.version)
        : kind === 'authorities'
          ? ofAuthorities
          : ofOthers(warnDays)
    const group = found.get(key) ?? { kind, subject, limits, items: [], problems: [] }
    found.set(key, group)
    if (problem) group.problems.push(problem)
    if (!item || known.has(item.certificate.print)) continue
    known.add(item.certificate.print)
    group.items.push(item)
  }
  return [...found.values()]
}

function placeFile({ path, of, certificates, problem }: SeenFile, node: string): Placed[] {
  const own = ({ k3s: 'restart', kubeconfig: 'kubeconfig', home: 'kubeconfig', extra: 'file' } as const)[of]
  const subject = of === 'k3s' ? node : path
  const items = certificates.map((certificate, at): Placed => {
    // A self-signed server certificate is its own authority: the first certificate of a file in the settings is its
    // leaf.
    const authority = certificate.ca && (of !== 'extra' || at > 0)
    const item: Item = {
      certificate,
      where: `${of === 'extra' ? path : basename(path)} (${certificate.name})`,
      source: path,
      ...(authority && { authority }),
      ...(of === 'k3s' && basename(path) === 'dynamic-cert.json' && { renewsItself: true }),
    }
    return authority && of === 'k3s'
      ? { kind: 'authorities', subject: `${node} CAs`, item }
      : { kind: own, subject, item }
  })
  return problem ? [{ kind: own, subject, problem: `${path} ${problem}` }, ...items] : items
}

function placeServed({ address, of, certificates, problem }: Served, { k3s }: CertsSample): Placed[] {
  const node = nodeName(k3s)
  const file = k3s && fileServed(address, k3s.distribution, k3s.role)
  const own = of === 'k3s' ? 'restart' : 'endpoint'
  const subject = of === 'k3s' ? node : address
  const items = certificates.map((certificate, at): Placed => {
    const authority = certificate.ca && at > 0
    const item: Item = {
      certificate,
      where: `what ${address} serves (${certificate.name})`,
      source: address,
      ...(authority && { authority }),
      ...(of === 'k3s' && file?.endsWith('/dynamic-cert.json') && { renewsItself: true }),
    }
    return authority && of === 'k3s'
      ? { kind: 'authorities', subject: `${node} CAs`, item }
      : { kind: own, subject, item }
  })
  return problem ? [{ kind: own, subject, problem: `${address} ${problem}` }, ...items] : items
}
