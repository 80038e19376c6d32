import t from 'tap'
import { lockout as at } from '../../../../collectors/firewall/checks/lockout.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'

const sample = (more: Partial<FirewallSample> = {}): FirewallSample => ({
  sets: [],
  ssh: { ports: { ipv4: [2222], ipv6: [2222] } },
  input: { ipv4: { verdict: 'drop', port: 2222, by: 'the policy of INPUT is DROP', backend: 'nft' } },
  memory: { reference: {} },
  ...more,
})
/** As seen in the look that saw a flush. */
const lockout = (it: FirewallSample) => at(it, 500)
const next = (it: FirewallSample) => lockout(it)[0]?.fix?.join('\n') ?? ''
const ufwSet = (anchors: number) =>
  ({
    family: 'ipv4',
    backend: 'nft',
    cells: { 'filter ufw': [60, anchors] },
  }) as unknown as FirewallSample['sets'][number]

t.test('says which port, by what, and how to get in again', (t) => {
  const [found] = lockout(sample())
  t.match(found, {
    code: 'firewall.lockout',
    subject: 'ipv4',
    evidence: { family: 'ipv4', table: 'filter', port: '2222', backend: 'nft' },
  })
  t.equal(found?.text, 'New IPv4 connections to SSH port 2222 are dropped: the policy of INPUT is DROP.')
  t.match(next(sample()), '`iptables -I INPUT -p tcp --dport 2222 -j ACCEPT`')
  const legacy = { verdict: 'drop', port: 2222, by: '-A INPUT -j DROP', backend: 'legacy' } as const
  t.match(next(sample({ input: { ipv4: legacy } })), '`iptables-legacy -I INPUT')
  t.end()
})

t.test('what a table of nftables drops neither iptables nor ufw lets in', async (t) => {
  const native = (table: string, base = 'in') =>
    next(
      sample({
        ufw: { enabled: true },
        sets: [ufwSet(18)],
        input: { ipv4: { verdict: 'drop', port: 2222, by: 'a rule', backend: 'native', table, base } },
      }),
    )
  t.match(
    native('inet mine'),
    /^In your open session or on the console: `nft insert rule inet mine in tcp dport 2222 accept`/,
  )
  t.match(native('inet firewalld'), '`firewall-cmd --add-port=2222/tcp`')
  t.match(native('inet $(reboot)'), '`nft list ruleset`')
  t.notMatch(native('inet mine'), /ufw|iptables/)
})

t.test('ufw can only open a port while its chains are reached', (t) => {
  const ufw = { enabled: true }
  t.match(
    next(sample({ ufw, sets: [ufwSet(18)] })),
    /^In your open session or on the console: `ufw allow 2222\/tcp`/,
  )
  t.match(
    next(sample({ ufw, sets: [ufwSet(0)] })),
    /console: `iptables -I INPUT .*\n.*`ufw allow 2222\/tcp`\n.*`iptables -S .*; ufw reload`/,
  )
  t.match(next(sample({ sets: [ufwSet(18)] })), /`ufw allow/, 'its files are not known, its chains are there')
  t.notMatch(next(sample({ ufw: { enabled: false }, sets: [ufwSet(18)] })), /ufw/)
  t.end()
})

t.test('what drops it before ufw, or in another table, is opened there', (t) => {
  const by = (more: object) =>
    next(
      sample({
        ufw: { enabled: true },
        sets: [ufwSet(18)],
        input: { ipv4: { verdict: 'drop', port: 2222, by: '-A INPUT -j DROP', backend: 'nft', ...more } },
      }),
    )
  t.match(by({}), /console: `iptables -I INPUT -p tcp --dport 2222 -j ACCEPT`/)
  t.notMatch(by({}), /ufw/)
  t.match(by({ by: '-A ufw-user-input -j DROP' }), /`ufw allow 2222\/tcp`/)
  const raw = { by: '-A PREROUTING -p tcp -j DROP', table: 'raw', base: 'PREROUTING' }
  t.match(by(raw), /`iptables -t raw -I PREROUTING -p tcp --dport 2222 -j ACCEPT`/)
  t.end()
})

t.test('after a flush it is no passing state of an ordinary command', (t) => {
  t.equal(lockout(sample())[0]?.pendingFor, undefined)
  const after = (table: string, now: number) => {
    const steps = [{ at: 1, tables: { [table]: { before: 9, least: 0 } } }]
    const memory = { reference: {}, flushes: [{ subject: table, steps, needs: {} }] }
    return at(sample({ memory }), now)[0]
  }
  t.equal(after('ipv4 filter', 500)?.pendingFor, 0)
  t.equal(after('ipv4 nat', 500)?.pendingFor, undefined, 'which drops nothing')
  t.equal(
    after('ipv4 filter', 15_000)?.pendingFor,
    undefined,
    'the repair, ufw reload, passes through it too',
  )
  t.end()
})

t.test('only where nothing accepts, and something listens', (t) => {
  for (const verdict of ['accept', 'maybe'] as const)
    t.same(lockout(sample({ input: { ipv4: { verdict, port: 2222, by: '' } } })), [])
  t.same(lockout(sample({ input: {} })), [])
  t.same(lockout(sample({ ssh: { ports: { ipv4: [], ipv6: [] } }, input: {} })), [])
  t.end()
})

t.test('IPv6 is noted, and judged where SSH listens on nothing else', (t) => {
  const drop = { verdict: 'drop', port: 22, by: 'the policy of INPUT is DROP' } as const
  const open = { verdict: 'accept', port: 22, by: 'x' } as const
  const text = (ipv6: typeof drop | typeof open) => lockout(sample({ input: { ipv4: drop, ipv6 } }))[0]?.text
  t.match(text(drop), /IPv6 is dropped too\.$/)
  t.match(text(open), /IPv6 may still work\.$/)
  const only = lockout(sample({ ssh: { ports: { ipv4: [], ipv6: [22] } }, input: { ipv6: drop } }))
  t.match(only, [{ subject: 'ipv6', text: /^New IPv6 connections/ }])
  t.match(only[0]?.fix?.[0], '`ip6tables -I INPUT')
  t.end()
})

t.test('a rule cannot end its quotation', (t) => {
  const by = '-A INPUT -m comment --comment "` @everyone `" -j DROP'
  const [found] = lockout(
    sample({
      input: { ipv4: { verdict: 'drop', port: 22, by } },
      ssh: { ports: { ipv4: [22], ipv6: [] }, assumed: true },
    }),
  )
  t.equal(found?.text.split('`').length, 3)
  t.match(found?.text, 'port 22 (assumed: listening ports could not be read)')
  t.end()
})
