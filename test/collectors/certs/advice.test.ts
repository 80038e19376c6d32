import t from 'tap'
import { advice, renewal } from '../../../collectors/certs/advice.ts'
import type { Group, Item } from '../../../collectors/certs/groups.ts'
import type { CertsSample } from '../../../collectors/certs/sample.ts'
import { ofOthers } from '../../../collectors/certs/window.ts'

const group = (kind: Group['kind'], subject = 's'): Group => ({
  ...{ kind, subject, items: [], problems: [] },
  limits: ofOthers(30),
})
const item = (source: string): Item => ({
  source,
  where: source,
  certificate: { name: 'n', subject: 'CN=n', issuer: 'CN=n', serial: '1', from: 0, to: 1, print: '1' },
})
const node = (more: Partial<NonNullable<CertsSample['k3s']>> = {}): CertsSample => ({
  k3s: { distribution: 'k3s', role: 'server', unit: 'k3s', dataDir: '/var/lib/rancher/k3s', ...more },
  files: [],
  served: [],
})
/** The commands of the steps, in order. */
const commands = (next: readonly string[]) =>
  next.flatMap((step) => [...step.matchAll(/`([^`]+)`/g)].map(([, command]) => command))

t.test('RKE2 has its kubectl in no path', async (t) => {
  const served = { ...item('/s'), renewsItself: true as const }
  const of = (more: Parameters<typeof node>[0]) =>
    commands(advice(group('restart'), false, [served], node(more)).fix)
  t.match(of({})[1], / && kubectl -n kube-system delete secret k3s-serving && systemctl restart k3s$/)
  const rke2 = of({ distribution: 'rke2', unit: 'rke2-server', dataDir: '/var/lib/rancher/rke2' })
  t.match(
    rke2[1],
    / && \/var\/lib\/rancher\/rke2\/bin\/kubectl --kubeconfig \S+ -n kube-system delete secret rke2-serving && /,
  )
})

t.test('a server: itself, then the agents, then the copies of its kubeconfig', async (t) => {
  const it = advice(group('restart'), true, [item('/a')], node())
  t.same(commands(it.fix), ['timedatectl', 'systemctl restart k3s', 'systemctl restart k3s-agent'])
  t.match(it.avoid, [/^Don't reboot: /, /^Don't delete the tls folder: /])
  const before = advice(group('restart'), false, [item('/a')], node())
  t.notOk(
    before.fix.some((step) => step.includes('timedatectl')),
    'the clock is no question before the end',
  )
  t.match(before.avoid, [/^Don't reboot after they expire: /, /tls folder/], 'said in time')
})

t.test('an agent: the servers first; a unit with a name of its own; RKE2', async (t) => {
  const agent = advice(group('restart'), true, [item('/a')], node({ role: 'agent', unit: 'k3s-edge' }))
  t.same(commands(agent.fix), ['timedatectl', 'systemctl restart k3s', 'systemctl restart k3s-edge'])
  const rke2 = advice(
    group('restart'),
    false,
    [item('/a')],
    node({ distribution: 'rke2', role: 'agent', unit: 'rke2-agent' }),
  )
  t.same(commands(rke2.fix), ['systemctl restart rke2-server', 'systemctl restart rke2-agent'])
})

t.test('a stale API certificate that a restart does not replace', async (t) => {
  const api: Item = { ...item('127.0.0.1:6443'), renewsItself: true }
  const { fix } = advice(group('restart'), true, [api], node({ dataDir: '/srv/my k3s' }))
  t.ok(fix.some((it) => it.includes("`mv '/srv/my k3s/server/tls/dynamic-cert.json' /root/ && kubectl")))
  t.notOk(advice(group('restart'), true, [api, item('/a')], node()).fix.some((it) => it.includes('mv ')))
})

t.test('a name with a command in it stays a name', async (t) => {
  const { fix } = advice(group('file', '/x'), true, [item('/tmp/a`;rm -rf $(x).pem')], node())
  t.same(commands(fix)[0], "openssl x509 -noout -subject -enddate -in '/tmp/a'\\'';rm -rf $(x).pem'")
})

t.test('what a restart does', async (t) => {
  const now = 400 * 86_400_000
  const up = node({ running: { pid: 1, since: now - 301 * 86_400_000 } })
  t.equal(
    renewal(group('restart'), 12, up, now),
    ' k3s renews them only when it starts, and has been up 301 d: a restart renews all 12.',
  )
  t.equal(
    renewal(group('restart'), 1, node({ running: { pid: 1, since: 0 } }), now),
    ' k3s renews it only when it starts: a restart renews it.',
  )
  t.equal(
    renewal(group('restart'), 12, up, now, now - 400 * 86_400_000),
    " k3s started 301 d ago, after they had expired, and did not renew them. The clock was probably wrong then, or old files were put back since. Another reboot won't help; a restart with the right clock renews all 12.",
  )
  const late = now - 400 * 86_400_000
  t.equal(
    renewal(group('restart'), 9, up, now, late, now - 60_000),
    ' Their files were written 60 s ago, after k3s had started and by something else: look for a restored backup. A restart renews all 9.',
    'whoever put expired ones there, the clock did not',
  )
  t.match(renewal(group('restart'), 9, up, now, late, now - 302 * 86_400_000), /clock was probably wrong/)
  t.match(renewal(group('restart'), 12, up, now, now - 86_400_000), /a restart renews all 12\.$/)
  t.equal(renewal(group('restart'), 2, node(), now), ' k3s is not running; its next start renews all 2.')
  t.equal(renewal(group('file'), 2, up, now), '')
})
