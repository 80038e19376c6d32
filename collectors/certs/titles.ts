import { basename } from 'node:path'
import type { Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { many } from '../../agent/text/lists.ts'
import { titled } from '../../agent/text/titles.ts'

/** The titles of findings about certificates: how many of k3s, or which file or address. Pure and total. */

type Title = (it: Observation) => string

/** A value of the evidence, as long as a number or a date is at most. */
const said = ({ evidence }: Observation, key: string) =>
  titled('', String(evidence?.[key] ?? '')).slice(0, 12)
const count = ({ evidence }: Observation) => Math.max(1, Math.trunc(Number(evidence?.count) || 1))

/** "9 k3s certs", or undefined where the finding is about one file or address. */
const ofNode = (it: Observation) =>
  /^(k3s|rke2) (server|agent)$/.test(it.subject)
    ? many(Math.min(count(it), 9_999), `${it.subject.split(' ')[0]} cert`)
    : undefined
/** "k3s CA", or undefined where the finding is about something else. */
const ofAuthorities = ({ subject }: Observation) =>
  /^(k3s|rke2) (server|agent) CAs$/.test(subject) ? `${subject.split(' ')[0]} CA` : undefined
const thing = ({ evidence }: Observation) => (evidence?.kind === 'kubeconfig' ? 'kubeconfig' : 'cert')

/** "9 k3s certs expired", "kubeconfig expired: /home/ada/.kube/config" */
const of =
  (state: string): Title =>
  (it) => {
    const what = ofNode(it) ?? ofAuthorities(it)
    return what ? `${what} ${state}` : titled(`${thing(it)} ${state}: `, it.subject)
  }

/** "9 k3s certs expire in 7 d", "/etc/ssl/a.crt expires in 7 d" */
const ends: Title = (it) => {
  const left = said(it, 'in')
  const when = left ? ` in ${left}` : ' soon'
  const node = ofNode(it)
  if (node) return `${node} ${count(it) === 1 ? 'expires' : 'expire'}${when}`
  const authority = ofAuthorities(it)
  return authority ? `${authority} expires${when}` : titled('', it.subject, ` expires${when}`)
}

export const titles = {
  expired: of('expired'),
  expiring: ends,
  authority: ends,
  early: of('not valid yet'),
  unreadable: of('unreadable'),
  served: (it) =>
    titled(
      `k3s serves an ${it.evidence?.expired === true ? 'expired' : 'old'} cert on `,
      `:${it.subject.slice(it.subject.lastIndexOf(':') + 1)}`,
    ),
  stale: (it) =>
    titled(it.evidence?.reason === 'foreign' ? 'kubeconfig of another CA: ' : 'old kubeconfig: ', it.subject),
  chain: (it) =>
    titled(
      it.evidence?.of === 'key' ? 'key mismatch: ' : 'CA mismatch: ',
      basename(String(it.evidence?.first ?? 'cert')),
    ),
  rotated: (it) => {
    const newer = Math.min(Math.trunc(Number(it.evidence?.newer) || 0), 9_999)
    if (newer < 1) return 'certs deleted: restart k3s'
    return `${many(newer, 'new cert')} not loaded: restart k3s`
  },
} as const satisfies Readonly<Record<string, Title>>

/** "clock jumped back by 3 h", "clock wrong: 2020-01-01" */
export const clockTitle: Title = (it) => {
  const by = Number(it.evidence?.moved_by_ms)
  if (Number.isFinite(by) && by !== 0)
    return titled(`clock jumped ${by > 0 ? 'forward' : 'back'} by `, duration(Math.abs(by)))
  const says = said(it, 'says')
  return says ? `clock wrong: ${says}` : 'clock wrong'
}
