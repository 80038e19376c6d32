import t from 'tap'
import type { Sample, View } from '../../../../agent/model/index.ts'
import { renderCerts } from '../../../../collectors/certs/page/render.ts'
import type { Row } from '../../../../collectors/certs/rows.ts'
import { finding } from '../../../agent/findings.ts'
import { viewOn } from '../../../agent/views.ts'

const now = Date.parse('2027-09-14T12:00:00Z')
const day = 86_400_000
const row = (more: Partial<Row>): Row => ({
  ...{ state: 'soon', where: '/var/lib/rancher/k3s/server/tls/client-admin.crt', name: 'system:admin' },
  ...{
    subject: 'O=system:masters, CN=system:admin',
    issuer: 'CN=ca',
    serial: '1',
    kind: 'leaf',
    use: 'client',
  },
  ...{ by: 'kubectl (k3s.yaml)', from: now - 295 * day, to: now + 70 * day },
  ...more,
})
const render = (rows: readonly Row[], more: Partial<View<Sample, unknown>> = {}, terminal = plain) => {
  const summary = '2 certificates, the first expires 2027-11-23 (in 70 d)'
  return renderCerts(viewOn({}, {}, { summary, at: now, now, ...more }), rows, terminal)
}
const plain = { color: false, width: 80 }

t.test('a serial console: 80 columns, exactly', async (t) => {
  const it = finding({
    code: 'certs.expiring',
    severity: 'warning',
    title: '1 k3s cert expires in 70 d',
    subject: 'k3s server',
    text: 'client-admin.crt (system:admin) expires 2027-11-23 12:00 UTC, in 70 d.',
  })
  const text = render(
    [
      row({}),
      row({
        state: 'expired',
        where: '127.0.0.1:6443',
        name: 'k3s',
        use: 'serving',
        by: 'API on 6443',
        to: now - 3 * day,
        differs: true,
      }),
      {
        ...row({ state: 'unreadable', problem: '/etc/x.pem is empty', name: '', issuer: '' }),
        from: undefined,
        to: undefined,
        by: undefined,
        use: undefined,
      } as unknown as Row,
    ],
    {
      findings: [it],
      at: now - 4 * 60_000,
      unseen: [{ what: '/root/a', why: 'reading /root/a: permission denied' }],
    },
  )
  t.equal(
    text,
    `node1: 2 certificates, the first expires 2027-11-23 (in 70 d) (checked 4 min
  ago)

STATE       CERTIFICATE     EXPIRES     RESIDUAL  CA
soon        client-admin    2027-11-23  70 d      ca
  /var/lib/rancher/k3s/server/tls/client-admin.crt (client, kubectl (k3s.yaml)):
    system:admin
expired     127.0.0.1:6443  2027-09-11  expired   ca
  127.0.0.1:6443 (serving, API on 6443, not what the file holds): k3s
unreadable  client-admin
  /etc/x.pem is empty

WARNING 1 k3s cert expires in 70 d (k3s server). client-admin.crt (system:admin)
  expires 2027-11-23 12:00 UTC, in 70 d. More: \`agent explain certs.expiring\`

  Not seen: reading /root/a: permission denied

CAs, copies and unused certs: agent certs --all
`,
  )
  t.ok(text.split('\n').every((line) => line.length <= 80))
})

t.test('nothing to show; hostile names; colour', async (t) => {
  t.equal(render([], { summary: 'no k3s here, nothing to watch' }), 'node1: no k3s here, nothing to watch\n')
  const hostile = render([row({ name: `\u001b[2J${'x'.repeat(300)}`, where: '/a\u001b[31m\nb' })])
  t.notMatch(hostile, /\u001b/)
  t.ok(hostile.split('\n').every((line) => line.length <= 80))
  t.match(render([row({})], {}, { color: true, width: 80 }), /\u001b\[33msoon/)
})

t.test("in kubeadm's columns, each certificate once, however many places have it", async (t) => {
  const rows = [
    row({ state: 'ok', issuer: 'CN=k3s-client-ca@1763856000' }),
    row({ state: 'ok', issuer: 'CN=k3s-client-ca@1763856000', where: '/root/.kube/config' }),
    row({ state: 'ok', serial: '2', where: '127.0.0.1:6443', to: now + 5 * day }),
  ]
  const text = render(rows, {}, { color: false, width: 120 })
  t.match(text, /\nSTATE {2}CERTIFICATE +EXPIRES \(UTC\) +RESIDUAL {2}CA\n/)
  t.match(text, /\nok +client-admin \+1 +2027-11-23 12:00 +70 d +client-ca\n/)
  t.equal(text.match(/^ok /gm)?.length, 2)
  t.notMatch(text, /\.kube/, 'the places are folded')
  t.match(render(rows, { options: { all: true } }), /\n {2}\/root\/\.kube\/config \(client/)
  t.match(render([], { options: { expiringWithin: '30d' } }), /No certificate expires within 30d\./)
})
