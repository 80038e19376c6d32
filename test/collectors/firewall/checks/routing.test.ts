import t from 'tap'
import type { Host } from '../../../../agent/model/index.ts'
import { peersAt, printed, readRoutes } from '../../../../collectors/firewall/checks/routing.ts'

/** What is set up of policy routing on every node. */
const plain =
  '[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"},{"priority":32767,"src":"all","table":"default"}]'
/** As Tailscale adds to it (printed by iproute2 6.1). */
const tailscale = plain.replace(
  '},',
  `},{"priority":5210,"src":"all","fwmark":"0x80000","fwmask":"0xff0000","table":"main"},
    {"priority":5250,"src":"all","fwmark":"0x80000","fwmask":"0xff0000","action":"unreachable"},
    {"priority":5270,"src":"all","table":"52"},`,
)
const main =
  '[{"dst":"default","gateway":"192.0.2.254","dev":"eth0"},{"dst":"192.0.2.0/24","dev":"eth0","prefsrc":"192.0.2.1"},{"dst":"198.51.100.0/24","dev":"not a name"}]'
const ways: Readonly<Record<string, string>> = {
  '100.64.0.2':
    '[{"dst":"100.64.0.2","dev":"tailscale0","table":"52","prefsrc":"100.64.0.1","flags":[],"uid":0,"cache":[]}]',
}
const peer = { address: '100.64.0.2' }

function host({ routes = main, rules = plain }: { routes?: string; rules?: string }) {
  const asked: string[] = []
  const run = async (argv: readonly string[]) => {
    asked.push(argv.join(' '))
    const words = argv.filter((it) => !it.startsWith('-')).join(' ')
    const of: Readonly<Record<string, string>> = { 'ip route show': routes, 'ip rule show': rules }
    const stdout = of[words] ?? ways[words.replace('ip route get ', '')]
    return { stdout: stdout ?? '', stderr: '', exit: stdout === undefined ? 2 : 0 }
  }
  return { host: { run } as unknown as Host, asked }
}
async function at(printing: { routes?: string; rules?: string }, addresses = [peer.address]) {
  const it = host(printing)
  return peersAt(it.host, 'ipv4', addresses, await readRoutes(it.host, 'ipv4'))
}

t.test('a list of iproute2, or an error', async (t) => {
  t.same((await readRoutes(host({}).host, 'ipv6')).length, 2, 'what has no name of an interface is left out')
  for (const routes of ['nonsense', '', '{}'])
    await t.rejects(readRoutes(host({ routes }).host, 'ipv4'), { code: 'failed' }, routes)
  await t.rejects(printed(host({}).host, ['ip', 'nothing']), /exit code 2/)
})

t.test('where main alone decides, it says by which interface', async (t) => {
  t.same(await at({}, ['192.0.2.7', peer.address]), [
    { address: '192.0.2.7', on: 'eth0', own: '192.0.2.1' },
    { ...peer, on: 'eth0', own: '192.0.2.1' },
  ])
  t.same(await at({ routes: '[]' }), [peer])
})

t.test('where other tables come before it, the kernel is asked', async (t) => {
  t.same(await at({ rules: tailscale }), [{ ...peer, on: 'tailscale0', own: '100.64.0.1' }])
  t.same(await at({ rules: tailscale }, ['100.64.0.9']), [{ address: '100.64.0.9' }], 'it knows no way')
  const { host: asking, asked } = host({ rules: tailscale })
  const many = Array.from({ length: 20 }, (_, at) => `100.64.0.${at + 2}`)
  t.equal((await peersAt(asking, 'ipv4', many, [])).length, 20)
  t.equal(asked.filter((it) => it.startsWith('ip -j route get')).length, 8, 'a process each')
})

t.test('where it cannot be known, the interface is unknown', async (t) => {
  for (const rules of ['nonsense', '[]']) t.same(await at({ rules }), [peer], rules)
  for (const rule of ['"src":"192.0.2.1"', '"src":"all","iif":"eth1"', '"src":"all","ipproto":"udp"'])
    t.same(await at({ rules: plain.replace('[', `[{${rule},"table":"7"},`) }), [peer], rule)
  const routes = main.replaceAll('eth0', 'br-lan')
  t.same(await at({ rules: 'nonsense', routes }), [{ ...peer, on: 'br-lan' }], 'what looks like containers')
  const { host: unasked, asked } = host({})
  t.same(await peersAt(unasked, 'ipv6', [], []), [])
  t.same(asked, [], 'nobody to ask for')
})
