import { collector } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { many } from '../../agent/text/lists.ts'
import { date } from '../../agent/text/times.ts'
import { assess } from './assess.ts'
import { collect } from './collect.ts'
import { nodeName } from './groups.ts'
import { foldersOf } from './known-files.ts'
import { measures } from './measures.ts'
import { overview } from './overview.ts'
import { page } from './page.ts'
import { rules } from './rules.ts'
import type { CertsSample } from './sample.ts'
import { addressPattern, parseAddress } from './served.ts'

/** The codes that depend on k3s's own files; those about the clock do not. */
const codes = Object.keys(rules).filter((it) => !it.startsWith('certs.clock-'))

export const certs = collector({
  name: 'certs',
  title: 'TLS certificates',
  // Changes of files are events; what is served has to be asked for.
  every: '0 */10 * * * *',
  woken: 'a file of them changes',
  timeout: 30_000,
  rules,
  measures,
  page,
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
      description: 'TLS servers to check, as host:port or host:port/servername.',
      default: [],
      items: { type: 'string', pattern: addressPattern },
    },
    kubeconfigs: {
      type: 'array',
      description:
        'More kubeconfigs to watch, each a path or a list of paths with colons as in KUBECONFIG; those in homes are watched anyway.',
      default: [],
      items: { type: 'string', pattern: '^/' },
    },
    ingress: {
      type: 'array',
      description: 'Host names (SNI) to ask the ingress for on port 443 of this node.',
      default: [],
      items: { type: 'string', pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$' },
    },
    warn_days: {
      type: 'integer',
      description: 'How many days before the end of a certificate of paths or endpoints to warn.',
      default: 30,
      minimum: 1,
      maximum: 3650,
    },
  },

  check: ({ endpoints }) =>
    endpoints.flatMap((it, index) =>
      parseAddress(it) ? [] : [`endpoints.${index}: a port is a number from 1 to 65535`],
    ),

  collect: (host, settings, past): Promise<CertsSample> => collect(host, settings, past.sample, codes),

  assess: (sample, _past, { warn_days }, now) => assess(sample, warn_days, now),

  summary(sample, _settings, now) {
    const { count: all, first, expired } = overview(sample, now)
    const count = many(all, 'certificate')
    if (first === undefined) {
      if (all > 0) return count
      if (!sample.k3s) return 'no k3s here, nothing to watch'
      return `${nodeName(sample.k3s)}, but its certs ${sample.unseen ? 'cannot be read' : 'are missing'}`
    }
    return expired > 0
      ? `${count}, ${expired} expired, the first ${date(first)} (${duration(now - first)} ago)`
      : `${count}, the first expires ${date(first)} (in ${duration(first - now)})`
  },

  /**
   * When the first certificate ends, seconds since the epoch. The time left is not stored, because it changes
   * constantly.
   */
  series(sample) {
    const { count, first } = overview(sample, 0)
    return { count, ...(first !== undefined && { first_expiry_seconds: Math.floor(first / 1000) }) }
  },

  deadlines(sample, _settings, now) {
    const { first } = overview(sample, now)
    return first === undefined ? [] : [{ what: 'certificates', at: first, confidence: 'date' }]
  },

  watch({ paths }, sample) {
    const folders = new Set<string>()
    const { dataDir, distribution } = sample?.k3s ?? {}
    if (dataDir) {
      for (const name of ['server/tls', 'server/tls/etcd', 'server/cred', 'agent'])
        folders.add(`${dataDir}/${name}`)
      folders.add(`/etc/rancher/${distribution}`)
    }
    // Watch the folder, not the file: a file that is replaced is a new file.
    for (const it of foldersOf(sample?.files ?? [])) folders.add(it)
    for (const path of paths) if (!/[*?]/.test(path)) folders.add(path)
    return [{ kind: 'paths', paths: [...folders].slice(0, mostWatched) }]
  },
})

/** Watching more folders than this costs more than a run every ten minutes. */
const mostWatched = 1_000
