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
      text: 'There is no CNI configuration in /var/lib/rancher/k3s/agent/etc/cni/net.d, though k3s has run for 10 min.',
      fix: [/: `systemctl restart k3s`$/],
    },
    { subject: '/run/flannel/subnet.env', fix: [/: `journalctl -u k3s /, /: `systemctl restart k3s`$/] },
  ])
})

t.test('a configuration that cannot be understood is none', (t) => {
  const [it] = assess({ ...well, confs: [{ file: '10-flannel.conflist', types: [] }] }, later(well))
  t.match(it, { code: 'cni.conf-missing', text: /no valid CNI configuration in .* \(10-flannel.conflist\)/ })
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
