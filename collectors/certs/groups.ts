import { basename } from 'node:path'
import { ownOf } from './homes.ts'
import type { Certificate, CertsSample, SeenFile, Served } from './sample.ts'
import { fileServed } from './served.ts'
import { type Limits, ofAuthorities, ofK3s, ofOthers } from './window.ts'

/** A certificate and where it was found first; copies of it are not counted again. */
export interface Item {
  readonly certificate: Certificate
  /** For people: "client-admin.crt (system:admin)". */
  readonly where: string
  /** The file or the address. */
  readonly source: string
  /** An authority: nobody renews it as the leaves are renewed, so that it matters only once it has expired. */
  readonly authority?: true
  /** k3s renews this one while it runs, within hours of its window (dynamiclistener looks every 6 h). */
  readonly renewsItself?: true
}

/** What is renewed together, which is what people are told of together. */
export interface Group {
  /** `restart`: k3s renews it when it starts. */
  readonly kind: 'restart' | 'authorities' | 'kubeconfig' | 'file' | 'endpoint'
  readonly subject: string
  readonly limits: Limits
  readonly items: readonly Item[]
  /** What could not be read, as sentences without a full stop. */
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

/** What k3s serves that is not what stands in its file. */
export function differences({ k3s, files, served }: CertsSample): { served: Served; file: SeenFile }[] {
  if (!k3s) return []
  const byPath = new Map(files.map((it) => [it.path, it]))
  return served.flatMap((it) => {
    const path = it.of === 'k3s' ? fileServed(it.address, k3s.distribution, k3s.role) : undefined
    const file = path === undefined ? undefined : byPath.get(`${k3s.dataDir}/${path}`)
    const [leaf] = it.certificates
    const [stored] = file?.certificates ?? []
    return file && leaf && stored && leaf.print !== stored.print ? [{ served: it, file }] : []
  })
}

/** Everything in a sample by what renews it. What no k3s uses any more is left out. */
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
      // What is not the file is told of as that.
      .filter((it) => it.of === of && !(of === 'k3s' && differing.has(it.address)))
      .flatMap((it) => placeServed(it, sample))
  // A copy counts where it was found first: k3s's own files before what it serves and what was copied from them.
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
    // A server that signed for itself is its own authority: of a file that was named the first is its leaf.
    const authority = certificate.ca && (of !== 'extra' || at > 0)
    const item: Item = {
      certificate,
      where: `${of === 'extra' ? path : basename(path)} (${certificate.name})`,
      source: path,
      ...(authority && { authority }),
      ...(of === 'k3s' && basename(path) === 'dynamic-cert.json' && { renewsItself: true }),
    }
    return authority && of === 'k3s'
      ? { kind: 'authorities', subject: `${node} authorities`, item }
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
      ? { kind: 'authorities', subject: `${node} authorities`, item }
      : { kind: own, subject, item }
  })
  return problem ? [{ kind: own, subject, problem: `${address} ${problem}` }, ...items] : items
}
