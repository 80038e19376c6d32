import t from 'tap'
import { HostError } from '../../../agent/model/index.ts'
import { offload, readOffload, spoils } from '../../../collectors/cni/offload.ts'
import { nodeLike } from './node.ts'

/** Of what `ethtool -k` (6.1) printed for a VXLAN on kernel 6.18. */
const features = `Features for flannel.1:
rx-checksumming: on
tx-checksumming: on
	tx-checksum-ipv4: off [fixed]
	tx-checksum-ip-generic: on
	tx-checksum-ipv6: off [fixed]
`

t.test('kernels', (t) => {
  for (const [release, vendor, expected] of [
    ['6.18.0', '', false],
    ['5.7.0', '', false],
    ['5.6.12', '', true],
    ['5.6.13', '', false],
    ['5.4.40', '', true],
    ['5.4.41-v8+', '', false],
    ['5.4.0-216-generic', '', false],
    ['4.15.0-20-generic', '', true],
    ['4.14.180', '', true],
    ['4.19.123', '', false],
    ['3.10.0-1160.el7.x86_64', '', true],
    ['4.18.0-553.el8_10.x86_64', 'QEMU', false],
    ['4.18.0-553.el8_10.x86_64', 'VMware, Inc.\n', true],
    ['nonsense', '', false],
  ] as const)
    t.equal(spoils(release, vendor), expected, release)
  t.end()
})

t.test('only such a kernel is asked', async (t) => {
  const { host } = nodeLike(t, 'healthy')
  const on = (release: string, stdout: string) => {
    const ran: string[] = []
    return {
      ran,
      ...host(),
      text: async (path: string) => {
        if (path === '/proc/sys/kernel/osrelease') return `${release}\n`
        throw new HostError('missing', path)
      },
      run: async (argv: readonly string[]) => {
        ran.push(argv.join(' '))
        return { stdout, stderr: '', exit: 0 }
      },
    }
  }
  const old = on('5.3.18', features)
  t.same(await readOffload(old, 'flannel.1'), { kernel: '5.3.18', on: true })
  t.same(old.ran, ['ethtool -k flannel.1'])
  t.same(await readOffload(on('5.3.18', features.replace('generic: on', 'generic: off')), 'flannel.1'), {
    kernel: '5.3.18',
    on: false,
  })
  await t.rejects(readOffload(on('5.3.18', 'something else'), 'flannel.1'), {
    code: 'failed',
    message: /no tx-checksum-ip-generic$/,
  })
  const failing = async () => ({ stdout: '', stderr: 'netlink error: No such device', exit: 75 })
  await t.rejects(readOffload({ ...on('5.3.18', ''), run: failing }, 'flannel.1'), {
    code: 'failed',
    message: 'running `ethtool -k flannel.1`: exit code 75: netlink error: No such device',
  })
  const without = async () => {
    throw new HostError('missing', 'no ethtool')
  }
  t.equal(await readOffload({ ...on('5.3.18', ''), run: without }, 'flannel.1'), undefined)
  t.equal(await readOffload(on('5.3.18', features), undefined), undefined)
  const recent = on('6.1.0-13-amd64', features)
  t.equal(await readOffload(recent, 'flannel.1'), undefined)
  t.same(recent.ran, [])
  t.equal(await readOffload(host(), 'flannel.1'), undefined, 'not recorded')
})

t.test('findings', (t) => {
  t.same(offload({}, 'flannel.1'), [])
  t.same(offload({ offload: { kernel: '5.3.18', on: false } }, 'flannel.1'), [])
  t.match(offload({ offload: { kernel: '5.3.18', on: true } }, 'flannel.1'), [
    {
      code: 'cni.checksum-offload',
      subject: 'flannel.1',
      fix: [/: `ethtool -K flannel\.1 tx-checksum-ip-generic off`$/, /./],
    },
  ])
  t.end()
})
