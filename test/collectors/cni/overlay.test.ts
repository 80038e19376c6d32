import t from 'tap'
import { overlay } from '../../../collectors/cni/overlay.ts'
import { sampleOf, withLink } from './node.ts'

const well = await sampleOf('two-nodes-healthy-node2')
const plan = { kind: 'flannel', backend: 'vxlan', bridge: 'cni0', overlays: ['flannel.1'] } as const
const judge = (sample: typeof well, settled = true) => overlay(sample, plan, 'flannel.1', settled)
const opened = (found: ReturnType<typeof judge>) => found.filter((it) => !it.starting)
const keptOpen = [{ code: 'cni.overlay-missing', subject: 'flannel.1', starting: true }]

t.test('gone or down, with the unit of this node', (t) => {
  t.same(judge(well), [])
  t.match(judge(withLink(well, 'flannel.1', null)), [
    {
      code: 'cni.overlay-missing',
      subject: 'flannel.1',
      text: /^The overlay flannel\.1 \(vxlan\) is missing: 4 pods \(.*\) cannot reach other nodes\.$/,
      fix: [/: `systemctl restart k3s-agent`$/, /: `ip addr show/],
    },
  ])
  t.match(judge(withLink(well, 'flannel.1', { up: false })), [{ code: 'cni.overlay-down' }])
  t.end()
})

t.test(
  'before k3s had the time to make it, only pods can miss it, and only if flannel ran since boot',
  (t) => {
    const gone = withLink(well, 'flannel.1', null)
    const { links } = gone.interfaces ?? { links: [] }
    const empty = { ...gone, pods: {}, interfaces: { links, ports: {}, loose: [] } }
    t.equal(opened(judge(gone, false)).length, 1)
    for (const it of [{ ...gone, subnet: null }, empty]) {
      t.same(opened(judge(it, false)), [])
      t.match(judge(it, false), keptOpen)
    }
    t.equal(opened(judge(empty, true)).length, 1)
    t.end()
  },
)

t.test('what a start of k3s did not bring back is not over because k3s has just started', (t) => {
  const { links } = withLink(well, 'flannel.1', null).interfaces ?? { links: [] }
  const since = well.k3s?.running?.since ?? 0
  const lacking = (at: number) => ({
    ...well,
    pods: {},
    subnet: null,
    interfaces: { links, ports: {}, loose: [] },
    lacking: { 'flannel.1': at },
  })
  t.same(opened(judge(lacking(since - 1_000), false)), [], 'at a boot all is made anew')
  t.match(judge(lacking(since - 1_000), false), keptOpen)
  const [early] = opened(judge(lacking(since - 300_000), false))
  t.match(early, { code: 'cni.overlay-missing', fix: [/: `systemctl restart k3s-agent`$/] })
  const [late] = opened(judge(lacking(since - 300_000), true))
  t.match(late, {
    text: /k3s-agent was started since and did not create it\.$/,
    fix: [/: `journalctl -u k3s-agent /, /: `k3s-killall\.sh`$/, /: `systemctl start k3s-agent`$/],
    avoid: [/^Don't run `iptables -F`/],
  })
  t.end()
})
