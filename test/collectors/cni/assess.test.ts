import t from 'tap'
import { assess } from '../../../collectors/cni/assess.ts'
import { grace } from '../../../collectors/cni/lacking.ts'
import type { CniSample } from '../../../collectors/cni/sample.ts'
import { codes, later, sampleOf } from './node.ts'

const well = await sampleOf('healthy')
const since = well.k3s?.running?.since ?? 0
const { k3s } = well
if (!k3s) throw new Error('the recording has no k3s')
const { running: _, ...stopped } = k3s

t.test('a file that k3s writes at its start is missed once k3s had the time to', async (t) => {
  const bare = { ...well, subnet: null, confs: [] }
  const both = ['cni.conf-missing', 'cni.subnet-env-missing']
  const opened = (sample: CniSample, now = later(sample)) =>
    assess(sample, now).flatMap((it) => (it.starting ? [] : [it.code]))
  const keptOpen = (sample: CniSample, now = later(sample)) =>
    assess(sample, now).flatMap((it) => (it.starting ? [it.code] : []))
  t.same(opened(bare, since + grace - 1), [])
  t.same(keptOpen(bare, since + grace - 1), both)
  t.same(codes(bare, since + grace), both)
  t.same(keptOpen(bare, since + grace), [])
  t.same(opened({ ...bare, k3s: stopped }), [], 'a stopped k3s needs neither')
  t.same(keptOpen({ ...bare, k3s: stopped }), both, 'nor does it end what was missing before')
  t.match(assess(bare, since + 600_000), [
    {
      subject: '/var/lib/rancher/k3s/agent/etc/cni/net.d',
      text: '/var/lib/rancher/k3s/agent/etc/cni/net.d holds no CNI configuration; k3s has run for 10 min.',
      fix: [/: `systemctl restart k3s`$/],
    },
    { subject: '/run/flannel/subnet.env', fix: [/: `journalctl -u k3s /, /: `systemctl restart k3s`$/] },
  ])
})

t.test('a configuration that cannot be understood is none', (t) => {
  const [it] = assess({ ...well, confs: [{ file: '10-flannel.conflist', types: [] }] }, later(well))
  t.match(it, {
    code: 'cni.conf-missing',
    text: /holds no valid CNI configuration \(10-flannel.conflist\); /,
  })
  t.end()
})

t.test('what could not be seen is not judged', (t) => {
  const { subnet: _s, confs: _c, interfaces: _i, ...blind } = well
  t.same(codes(blind), [])
  t.end()
})

t.test('a node with another CNI, or none, is no broken flannel node', (t) => {
  const bare = {
    ...well,
    subnet: null,
    netConf: null,
    confs: [],
    interfaces: { links: [], ports: {}, loose: [] },
  }
  t.same(codes({ ...bare, flags: { 'flannel-backend': 'none' } }), [])
  t.same(codes({ ...bare, flags: { 'disable-agent': 'true' } }), [])
  t.same(codes({ ...bare, k3s: { ...stopped, role: 'agent', running: { pid: 1, since } } }), [])
  t.same(codes({}), [])
  t.end()
})

t.test('where the steps of one ask for k3s-killall.sh, none forbids it', (t) => {
  const bare = { ...well, subnet: null, confs: [] }
  const said = (sample: CniSample) => {
    const found = assess(sample, since + grace)
    return [found.flatMap((it) => it.fix ?? []), found.flatMap((it) => it.avoid ?? [])].map((all) =>
      all.filter((it) => it.includes('k3s-killall.sh')),
    )
  }
  const [first = [], forbidden] = said(bare)
  t.same(first, [], 'a restart comes first')
  t.same(forbidden, [], 'which the rule itself says')
  const [steps = [], avoid] = said({ ...bare, lacking: { '/run/flannel/subnet.env': since - 2 * grace } })
  t.equal(steps.length, 1)
  t.same(avoid, [])
  const [missing] = assess(
    { ...bare, lacking: { '/run/flannel/subnet.env': since - 2 * grace } },
    since + grace,
  )
  t.match(missing, { code: 'cni.conf-missing', avoid: [/^Don't run `iptables -F`/] }, 'the rest of it stays')
  t.equal(missing?.avoid?.length, 1)
  t.end()
})
