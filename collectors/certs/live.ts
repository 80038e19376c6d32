import { basename } from 'node:path'
import type { Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { quoted } from '../../agent/text/shell.ts'
import { iso, minute, moment } from '../../agent/text/times.ts'
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
    const lasts = over ? `expired ${moment(end)}, ${duration(now - end)} ago` : `runs out ${moment(end)}`
    const dynamic = basename(file.path) === 'dynamic-cert.json'
    return {
      code: 'certs.served-differs',
      subject: served.address,
      ...(over && { severity: 'critical' as const }),
      text: `${served.address} serves another certificate (${leaf?.name}, which ${lasts}) than ${file.path} holds (which ${
        (stored?.to ?? 0) < now ? 'expired' : 'runs out'
      } ${moment(stored?.to ?? 0)}).`,
      ...(over && { impact: 'Clients that check it refuse the connection, although the file is fine.' }),
      fix: [
        `\`systemctl restart ${unit}\`: k3s reads its files only when it starts; pods go on running meanwhile`,
        ...(dynamic
          ? [
              `If the old one is served still: \`mv ${quoted(file.path)} /root/\`, \`kubectl -n kube-system delete secret ${sample.k3s?.distribution}-serving\`, then \`systemctl restart ${unit}\` once more`,
            ]
          : []),
      ],
      evidence: { served_not_after: iso(end), file_not_after: iso(stored?.to ?? 0) },
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
      ...(stops && { impact: `From the next start of k3s on, if not already: ${stops}.` }),
      fix: [
        `\`ls -l --time-sort ${quoted(first.path.slice(0, first.path.lastIndexOf('/')))}\`: which of them was replaced, and when?`,
        'Put back the authority or the key that belongs to it, from a backup or another server',
        `Then \`systemctl restart ${quoted(sample.k3s.unit)}\`: k3s makes anew what the authority beside it has not signed`,
      ],
      evidence: { first: first.path, count: broken.length },
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
          `${basename(gone[0] as string)}${gone.length > 1 ? ` and ${gone.length - 1} more` : ''} ${gone.length > 1 ? 'are' : 'is'} there no more`,
        ]
      : []),
  ]
  return [
    {
      code: 'certs.rotated-not-restarted',
      subject: nodeName(k3s),
      text: `${parts.join('; ')}. The ${k3s.distribution} that runs has been up ${duration(now - since)} and still uses what it read when it started.`,
      fix: [`\`systemctl restart ${quoted(k3s.unit)}\`; pods go on running meanwhile`],
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
      ? `; it expired ${moment(leaf.to)}`
      : leaf.from > now
        ? `; it is valid only from ${moment(leaf.from)}`
        : `, though it is good until ${moment(leaf.to)}`
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
        '`timedatectl`: is the clock right? A wrong one looks the same',
        ...(good
          ? [
              `\`journalctl -u ${quoted(k3s.unit)} -n 500 | grep -m 3 'Unable to authenticate'\` on the server: why it refuses`,
            ]
          : []),
        `\`systemctl restart ${quoted(k3s.unit)}\`, servers first; pods go on running meanwhile`,
      ],
      evidence: { address: first.address, status: 401, ...(leaf && { not_after: iso(leaf.to) }) },
    },
  ]
}

const upper = (text: string) => text.replace(/^[a-z]/, (it) => it.toUpperCase())
