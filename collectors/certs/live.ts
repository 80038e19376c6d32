import { basename } from 'node:path'
import type { Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { quoted } from '../../agent/text/shell.ts'
import { iso, minute, moment } from '../../agent/text/times.ts'
import { renewServed } from './advice.ts'
import { differences, nodeName } from './groups.ts'
import type { rules } from './rules.ts'
import type { CertsSample, SeenFile } from './sample.ts'
import { stopping } from './uses.ts'

type Code = keyof typeof rules

/** What is wrong between k3s's files and the running k3s. */
export const judgeK3s = (sample: CertsSample, now: number): Observation<Code>[] => [
  ...servedDiffers(sample, now),
  ...chainBroken(sample),
  ...notRestarted(sample, now),
  ...unauthorized(sample, now),
]

function servedDiffers(sample: CertsSample, now: number): Observation<Code>[] {
  const unit = quoted(sample.k3s?.unit ?? 'k3s')
  return differences(sample).map(({ served, file }) => {
    const leaf = served.certificates[0]
    const stored = file.certificates[0]
    const end = leaf?.to ?? 0
    const over = end < now
    const lasts = over ? `expired ${moment(end)}, ${duration(now - end)} ago` : `expires ${moment(end)}`
    const dynamic = basename(file.path) === 'dynamic-cert.json'
    return {
      code: 'certs.served-differs',
      subject: served.address,
      ...(over && { severity: 'critical' as const }),
      text: `${served.address} serves a cert (${leaf?.name}) that ${lasts}. ${file.path} holds one that ${
        (stored?.to ?? 0) < now ? 'expired' : 'expires'
      } ${moment(stored?.to ?? 0)}.`,
      ...(over && { impact: 'Clients that check the served cert refuse the connection; the file is fine.' }),
      fix: [
        `Restart k3s, which reads its certs only at start (pods keep running): \`systemctl restart ${unit}\``,
        ...(dynamic
          ? [
              renewServed(
                quoted(file.path),
                sample.k3s?.distribution ?? 'k3s',
                sample.k3s?.dataDir ?? '',
                `systemctl restart ${unit}`,
              ),
            ]
          : []),
      ],
      evidence: { served_not_after: iso(end), file_not_after: iso(stored?.to ?? 0), expired: over },
    }
  })
}

function chainBroken(sample: CertsSample): Observation<Code>[] {
  const broken = (sample.pairs ?? []).filter((it) => it.problem)
  const [first] = broken
  if (!first || !sample.k3s) return []
  const more = broken.length > 1 ? `; ${broken.length - 1} more like it` : ''
  const stops = stopping(broken.map((it) => it.path))
  return [
    {
      code: 'certs.chain-broken',
      subject: nodeName(sample.k3s),
      text: `${first.path} ${first.problem}${more}.`,
      ...(stops && { impact: `At the latest after the next start of k3s: ${stops}.` }),
      fix: [
        `See which file was replaced, and when: \`ls -lt ${quoted(first.path.slice(0, first.path.lastIndexOf('/')))}\``,
        'Restore the matching CA or key from a backup or another server',
        `Then restart k3s, which reissues certs its CA has not signed: \`systemctl restart ${quoted(sample.k3s.unit)}\``,
      ],
      evidence: {
        first: first.path,
        count: broken.length,
        of: first.problem?.includes('key') ? 'key' : 'CA',
      },
    },
  ]
}

/** How long a start may take until all files are written, ms: an agent may have to wait for its server. */
const startup = 10 * minute

function notRestarted(sample: CertsSample, now: number): Observation<Code>[] {
  const { k3s, files, gone = [] } = sample
  if (!k3s?.running || !(k3s.running.since > 0)) return []
  const { since } = k3s.running
  const used = files.filter((it) => it.of === 'k3s' && it.changed !== undefined)
  // k3s writes its kubeconfigs at every start, right after its certificates, so it has read every certificate older
  // than these. Without kubeconfigs nothing can be said.
  const written = (folder: string) => {
    const times = used
      .filter((it) => it.path.endsWith('.kubeconfig') && it.path.startsWith(`${k3s.dataDir}/${folder}/`))
      .map((it) => it.changed as number)
    return times.length > 0 ? Math.max(since, ...times) : Number.POSITIVE_INFINITY
  }
  const started = { server: written('server'), agent: written('agent') }
  const newer = used.filter((it) => {
    const at = it.path.startsWith(`${k3s.dataDir}/agent/`) ? started.agent : started.server
    const changed = it.changed as number
    return it.path.endsWith('.crt') && changed > at + startup && changed <= now
  })
  const [first] = newer.sort((a, b) => (a.changed as number) - (b.changed as number))
  if (!first && gone.length === 0) return []
  const parts = [
    ...(first ? [replaced(first, newer.length)] : []),
    ...(gone.length > 0
      ? [
          `${basename(gone[0] as string)}${gone.length > 1 ? ` and ${gone.length - 1} more` : ''} ${gone.length > 1 ? 'are' : 'is'} missing`,
        ]
      : []),
  ]
  return [
    {
      code: 'certs.rotated-not-restarted',
      subject: nodeName(k3s),
      text: `${parts.join('; ')}. ${k3s.distribution} has been up ${duration(now - since)} and still uses the certs it read at its start.`,
      fix: [`Load the new certs (pods keep running): \`systemctl restart ${quoted(k3s.unit)}\``],
      evidence: { newer: newer.length, gone: gone.length },
    },
  ]
}

const replaced = (first: SeenFile, count: number) =>
  `${basename(first.path)}${count > 1 ? ` and ${count - 1} more` : ''} ${count > 1 ? 'were' : 'was'} replaced ${moment(first.changed as number)}`

/** The status alone says nothing: a healthy API also answers 401 to requests without a certificate. */
function unauthorized(sample: CertsSample, now: number): Observation<Code>[] {
  const { api = [], files, k3s } = sample
  const refused = api.filter((it) => it.status === 401 && it.alive)
  const [first] = refused
  if (!first || !k3s) return []
  const leaf = files.find((it) => it.path === first.as)?.certificates[0]
  const why = !leaf
    ? ''
    : leaf.to < now
      ? `; the cert expired ${moment(leaf.to)}`
      : leaf.from > now
        ? `; the cert is valid only from ${moment(leaf.from)}`
        : `, although the cert is valid until ${moment(leaf.to)}`
  const both = refused.length > 1 ? `, and to ${basename((refused[1] as { as: string }).as)}` : ''
  const good = leaf !== undefined && leaf.to >= now && leaf.from <= now
  return [
    {
      code: 'certs.api-unauthorized',
      subject: nodeName(k3s),
      text: `${first.address} answers, but says 401 Unauthorized to ${basename(first.as)}${leaf ? ` (${leaf.name})` : ''}${why}${both}.`,
      ...(stopping(refused.map((it) => it.as)) && {
        impact: `${upper(stopping(refused.map((it) => it.as)))}.`,
      }),
      fix: [
        'Check the clock first (if wrong, certs seem expired): `timedatectl`',
        // RKE2's API server is a pod, and writes nothing to the journal.
        ...(good && k3s.distribution === 'k3s'
          ? [
              `On a server, see why the API refuses: \`journalctl -u ${k3s.role === 'server' ? quoted(k3s.unit) : 'k3s'} -n 500 --no-pager | grep -m 3 'Unable to authenticate'\``,
            ]
          : []),
        `Restart k3s, servers first (pods keep running): \`systemctl restart ${quoted(k3s.unit)}\``,
      ],
      evidence: { address: first.address, status: 401, ...(leaf && { not_after: iso(leaf.to) }) },
    },
  ]
}

const upper = (text: string) => text.replace(/^[a-z]/, (it) => it.toUpperCase())
