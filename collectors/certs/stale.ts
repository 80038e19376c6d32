import { basename } from 'node:path'
import type { Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { quoted } from '../../agent/text/shell.ts'
import { date, iso } from '../../agent/text/times.ts'
import { authorityNames, portsOf } from './groups.ts'
import { isOwn, ownOf } from './homes.ts'
import type { Certificate, CertsSample, SeenFile } from './sample.ts'

type Reason = 'older' | 'foreign'

/**
 * Outdated kubeconfigs, by path: with a client certificate older than the one k3s now has for the same user, or for
 * this node's own API but signed by another authority.
 */
export function staleFiles(sample: CertsSample): ReadonlyMap<string, { reason: Reason; leaf: Certificate }> {
  const found = new Map<string, { reason: Reason; leaf: Certificate }>()
  const { k3s, files } = sample
  if (k3s?.role !== 'server') return found
  const [current] =
    files.find((it) => it.path === `${k3s.dataDir}/server/tls/client-admin.crt`)?.certificates ?? []
  if (!current) return found
  const authorities = authorityNames(sample)
  const ports = portsOf(sample)
  for (const file of files) {
    if (file.of !== 'kubeconfig' && file.of !== 'home') continue
    const leaves = ownOf(file, authorities, ports).certificates.filter((it) => !it.ca)
    const older = leaves.find(
      (it) => it.issuer === current.issuer && it.subject === current.subject && it.from < current.from,
    )
    if (older) found.set(file.path, { reason: 'older', leaf: older })
    else if (isForeign(file, authorities, ports) && leaves[0])
      found.set(file.path, { reason: 'foreign', leaf: leaves[0] })
  }
  return found
}

/** All its servers are this node, but none of its certificates is from this node's authorities. */
function isForeign(file: SeenFile, authorities: ReadonlySet<string>, ports: ReadonlySet<string>): boolean {
  const { servers = [], certificates } = file
  return (
    servers.length > 0 &&
    servers.every((it) => isOwn(it, ports)) &&
    !certificates.some((it) => authorities.has(it.issuer))
  )
}

export function staleness(sample: CertsSample, now: number): Observation<'certs.kubeconfig-stale'>[] {
  const { k3s, files } = sample
  if (!k3s) return []
  const source = `/etc/rancher/${k3s.distribution}/${k3s.distribution}.yaml`
  const [current] =
    files.find((it) => it.path === `${k3s.dataDir}/server/tls/client-admin.crt`)?.certificates ?? []
  const stale = staleFiles(sample)
  return [...stale].flatMap(([path, { reason, leaf }]): Observation<'certs.kubeconfig-stale'>[] => {
    // If it has expired, that finding is worse and has the same fix.
    if (leaf.to < now) return []
    const text =
      reason === 'older'
        ? `${path} holds the cert of ${leaf.name} from ${date(leaf.from)}, valid for ${duration(leaf.to - now)} more; k3s has had a newer one since ${date(current?.from ?? leaf.from)}.`
        : `${path} is for this node's API, but its cert (${leaf.name}) is from another CA.`
    const own = path === source
    return [
      {
        code: 'certs.kubeconfig-stale',
        subject: path,
        text,
        impact:
          reason === 'older'
            ? `\`kubectl\` with this file works until ${date(leaf.to)}, then gets 401 Unauthorized. k3s never renews copies.`
            : '`kubectl` with this file gets 401 Unauthorized or a TLS error.',
        fix: own
          ? [`Restart k3s, which rewrites ${basename(path)}: \`systemctl restart ${quoted(k3s.unit)}\``]
          : // The file may hold other clusters too, so the command that replaces all of it has a condition.
            [
              `See which clusters it holds: \`grep server: ${quoted(path)}\``,
              `If only this one: \`install -m 600 ${source} ${quoted(path)}\``,
              'If others too: copy only client-certificate-data, client-key-data and certificate-authority-data',
            ],
        evidence: { reason, not_before: iso(leaf.from), not_after: iso(leaf.to) },
      },
    ]
  })
}
