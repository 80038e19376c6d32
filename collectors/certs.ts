import { collector, type Host, type Unseen, unseen } from '../agent/model.ts'
import { type Group, groups, type Item, nodeName } from './certs/groups.ts'
import { judge, stageOf } from './certs/judge.ts'
import { type Look, lookAtAll, stampOf } from './certs/read.ts'
import { rules } from './certs/rules.ts'
import type { CertsSample } from './certs/sample.ts'
import { addressPattern, k3sAddresses, lookAtServer } from './certs/served.ts'
import { extraSources, k3sSources, type Source } from './certs/sources.ts'
import { date, duration } from './certs/words.ts'
import { orNothing } from './node/ask.ts'
import { findK3s, type K3s, k3sVersion } from './node/k3s.ts'

const codes = Object.keys(rules)

export const certs = collector({
  name: 'certs',
  title: 'TLS certificates',
  // Files are watched; what is served has to be asked for.
  every: '0 */10 * * * *',
  timeout: 30_000,
  rules,
  settings: {
    paths: {
      type: 'array',
      description:
        'More certificate files to watch: files, folders (not those within) or globs with * and ?; PEM, DER or kubeconfig.',
      default: [],
      items: { type: 'string', pattern: '^/' },
    },
    endpoints: {
      type: 'array',
      description: 'TLS servers to look at, as host:port or host:port/servername.',
      default: [],
      items: { type: 'string', pattern: addressPattern },
    },
    warn_days: {
      type: 'integer',
      description: 'How many days before the end of a certificate of paths or endpoints to warn.',
      default: 30,
      minimum: 1,
      maximum: 3650,
    },
  },

  async collect(host, { paths, endpoints }, past): Promise<CertsSample> {
    const before = past.sample
    const k3s = await findK3s(host, before?.k3s)
    const [own, extra] = await Promise.all([
      k3s ? k3sSources(host, k3s, codes) : { sources: [], unseen: [] },
      extraSources(host, paths),
    ])
    const mine = new Set(own.sources.filter((it) => !it.loose).map((it) => it.path))
    const sources = [...own.sources, ...extra.sources.filter((it) => !mine.has(it.path))]
    const addresses = k3s ? k3sAddresses(k3s) : []
    const [looks, served, about] = await Promise.all([
      lookAtAll(host, sources, before?.files ?? []),
      Promise.all([
        ...addresses.map((it) => lookAtServer(host, it, 'k3s', before?.served ?? [])),
        ...endpoints.map((it) => lookAtServer(host, it, 'extra', before?.served ?? [])),
      ]),
      k3s ? describe(host, k3s, before?.k3s) : undefined,
    ])
    const blind = [
      ...own.unseen,
      ...extra.unseen,
      ...blindSpots(looks),
      ...served.flatMap((it) => it.blind ?? []),
    ]
    return {
      ...(about && { k3s: about }),
      files: looks.flatMap((it) => it.seen ?? []),
      served: served.map((it) => it.served),
      ...(blind.length > 0 && { unseen: blind }),
    }
  },

  assess: (sample, _past, { warn_days }, now) => judge(sample, warn_days, now),

  summary(sample, { warn_days }, now) {
    const { all, first, over } = overview(groups(sample, warn_days), now)
    const count = `${all.length} certificate${all.length === 1 ? '' : 's'}`
    if (!first) {
      if (all.length > 0) return count
      if (!sample.k3s) return 'no k3s here, nothing to watch'
      return `${nodeName(sample.k3s)}, but its certificates ${sample.unseen ? 'cannot be seen' : 'are not there'}`
    }
    const { to } = first.certificate
    return over > 0
      ? `${count}, ${over} expired, the first ${date(to)} (${duration(now - to)} ago)`
      : `${count}, the first runs out ${date(to)} (${duration(to - now)})`
  },

  /** The end of the first, seconds since the epoch, and not how far it is: that changes without anything happening. */
  series(sample) {
    const { all, first } = overview(groups(sample, 30), 0)
    return {
      count: all.length,
      ...(first && { first_expiry_seconds: Math.floor(first.certificate.to / 1000) }),
    }
  },

  outlook(sample, { warn_days }, now) {
    const { first } = overview(groups(sample, warn_days), now)
    return first ? [{ what: 'certificates', at: first.certificate.to, sure: 'date' }] : []
  },

  watch({ paths }, sample) {
    const folders = new Set<string>()
    const { dataDir, distribution } = sample?.k3s ?? {}
    if (dataDir) {
      for (const name of ['server/tls', 'server/tls/etcd', 'server/cred', 'agent'])
        folders.add(`${dataDir}/${name}`)
      folders.add(`/etc/rancher/${distribution}`)
    }
    // The folder and not the file: one that is replaced is another file.
    for (const { path } of sample?.files ?? []) folders.add(path.slice(0, path.lastIndexOf('/')) || '/')
    for (const path of paths) if (!/[*?]/.test(path)) folders.add(path)
    return [{ kind: 'paths', paths: [...folders].slice(0, mostWatched) }]
  },
})

/** Watching more folders than this costs more than looking every ten minutes. */
const mostWatched = 1_000

/** What a restart would start, asked anew only when the program on disk is another. */
async function describe(
  host: Host,
  { distribution, role, unit, dataDir, running, binary }: K3s,
  before: CertsSample['k3s'],
): Promise<NonNullable<CertsSample['k3s']>> {
  const stat = await orNothing(host.stat(binary))
  const stamp = stat && stampOf(stat, host.now())
  const same = before?.version && stamp && before.binary === stamp
  const version = same ? before.version : await k3sVersion(host, { binary })
  return {
    ...{ distribution, role, unit, dataDir },
    ...(running && { running }),
    ...(version && { version }),
    ...(version && stamp && { binary: stamp }),
  }
}

/** Files that are there but may not be looked at: those of k3s in one sentence, for one thing stops them all. */
function blindSpots(looks: readonly (Look & { readonly source: Source })[]): Unseen[] {
  const blind = looks.filter((it) => it.blind)
  const own = blind.filter((it) => it.source.of !== 'extra')
  const others = own.length > 1 ? ` and ${own.length - 1} more` : ''
  const [first] = own
  return [
    ...(first ? [unseen(`${first.source.path}${others}`, first.blind, codes)] : []),
    // What was last seen of these is kept, so that no verdict has to be.
    ...blind
      .filter((it) => it.source.of === 'extra')
      .slice(0, 20)
      .map((it) => unseen(it.source.path, it.blind, [])),
  ]
}

/** All that count, and the one that runs out first of those that are renewed. */
function overview(all: readonly Group[], now: number) {
  const items = all.flatMap((group) =>
    group.items.map((item) => ({ item, stage: stageOf(item, group, now) })),
  )
  let first: Item | undefined
  for (const { item } of items)
    if (!item.authority && (!first || item.certificate.to < first.certificate.to)) first = item
  return {
    all: items,
    first,
    over: items.filter((it) => it.stage === 'expired').length,
  }
}
