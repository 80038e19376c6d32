import t from 'tap'
import { type Host, HostError } from '../../../agent/model/index.ts'
import { collect } from '../../../collectors/firewall/collect.ts'
import { look } from '../../../collectors/firewall/look.ts'
import { node } from './look.ts'

const refusing = (...commands: readonly string[]): Host => ({
  ...node('healthy'),
  run: async (argv, options) => {
    if (commands.includes(argv[0] ?? '')) throw new HostError('denied', `running ${argv[0]}: no`)
    return node('healthy').run(argv, options)
  },
})

t.test(
  'what a recorded node holds is read, and nothing else is decided than what becomes of packets',
  async (t) => {
    const seen = await look(node('healthy'), undefined)
    t.strictSame(seen.podNetworks, ['10.42.0.0/16'])
    t.strictSame(new Set(seen.read.map((it) => it.set.family)), new Set(['ipv4', 'ipv6']))
    t.strictSame([seen.stale, seen.blocked, seen.missing], [[], [], []])
    t.ok(
      seen.unseen.every((it) => it.unrecorded),
      'nothing but what was not recorded is unseen',
    )
    t.equal(seen.now, node('healthy').now())
    t.ok(seen.ways.ipv4.every((it) => it.protocol === 'tcp'))
  },
)

t.test('a family that cannot be read is stale, with the rules that rest on it', async (t) => {
  const seen = await look(refusing('iptables-nft-save'), undefined)
  t.strictSame(seen.stale, ['ipv4'])
  const lost = (it: Awaited<ReturnType<typeof look>>, family: string) =>
    it.unseen.find(({ what }) => what === `${family} rules`)
  t.match(lost(seen, 'IPv4'), { codes: ['firewall.flushed'], why: /no$/ })
  t.strictSame(lost(await look(refusing('ip6tables-nft-save'), undefined), 'IPv6')?.codes, [])
})

t.test('what cannot be asked for is what was remembered', async (t) => {
  const before = await collect(node('ufw-default-deny'), { heard: [] })
  const host: Host = {
    ...node('ufw-default-deny'),
    text: async (path, options) => {
      if (path.startsWith('/etc/ufw')) throw new HostError('denied', `reading ${path}: no`)
      return node('ufw-default-deny').text(path, options)
    },
  }
  const seen = await look(host, before)
  t.strictSame(seen.ufw, before.ufw)
  t.strictSame(
    seen.unseen.map((it) => it.codes),
    [['firewall.ufw-drift']],
  )
})
