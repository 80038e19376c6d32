import t from 'tap'
import { summary } from '../../../collectors/cni/summary.ts'
import { sampleOf, withLink } from './node.ts'

const well = await sampleOf('two-nodes-healthy-node1')

t.test('every kind of node in one line', (t) => {
  const { interfaces, ...blind } = well
  const empty = { links: interfaces?.links.filter((it) => it.name !== 'cni0') ?? [], ports: {}, loose: [] }
  t.equal(
    summary(well),
    'cni0 up 10.42.0.1/24, 4 pods; flannel.1 up (vxlan, mtu 1450), 1 peer; 4 of 253 addresses',
  )
  t.equal(
    summary({ ...well, pods: {}, interfaces: empty }),
    'no cni0 yet, 0 pods; flannel.1 up (vxlan, mtu 1450), 1 peer; 4 of 253 addresses',
  )
  t.match(
    summary(withLink(well, 'cni0', { up: false, addresses: [] })),
    /^cni0 down without address, 4 pods;/,
  )
  t.match(
    summary({ ...well, netConf: null, flags: { 'flannel-backend': 'host-gw' } }),
    /4 pods; host-gw, 1 peer; /,
  )
  const [{ via = '' } = {}] = well.peers ?? []
  const reach = (passes: 'all' | 'small' | 'none') => ({ [via]: { first: 0, at: 0, passes } })
  t.match(summary({ ...well, reach: reach('none') }), /\), 1 peer \(1 not reached\); /)
  t.match(summary({ ...well, reach: reach('small') }), /, 1 peer \(1 not reached\); /)
  t.match(summary({ ...well, reach: reach('all') }), /, 1 peer; /)
  t.equal(
    summary({ ...well, flags: { 'flannel-backend': 'none' }, foreign: 'Cilium' }),
    'Cilium: not flannel, only general checks',
  )
  const dns = { server: '10.43.0.10', name: 'n', error: 'timeout', due: true }
  t.match(summary({ ...well, dns }), /; DNS not answering$/)
  t.match(summary({ ...well, flags: { rootless: 'true' } }), /^rootless.*: not checked$/)
  t.equal(summary(blind), 'flannel; interfaces unreadable')
  t.equal(summary({}), 'no k3s on this machine: no pod network to check')
  t.end()
})
