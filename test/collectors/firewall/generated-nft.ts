import { chance } from '../../chance.ts'

/** Rule sets of nftables made from a seed, as people write them and as firewalld does, each able to be made again. */
export function generatedNft(seed: number): { readonly name: string; readonly text: string } {
  const next = chance(seed * 0x9e3779b1)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)] as T
  const chains = ['a', 'b', 'c'].slice(0, Math.floor(next() * 4))
  const matches = next() < 0.9 ? plain : [...plain, ...doubtful]
  const ruleOf = (from: number, early: boolean) => {
    // Only forward, as the kernel refuses loops; and it refuses nothing before it knows where a packet goes.
    const ahead = early ? [] : chains.slice(from)
    const jumps = ahead.flatMap((it) => [`jump ${it}`, `jump ${it}`, `goto ${it}`])
    const ends = early
      ? ['accept', 'drop']
      : ['accept', 'accept', 'drop', 'reject', 'return', 'counter', 'log']
    if (!early && next() < 0.15)
      return pick(maps).replace('CHAIN', ahead.length > 0 ? `jump ${pick(ahead)}` : 'drop')
    return `${pick(matches)} ${pick([...ends, ...jumps])}`.trim()
  }
  const rules = (most: number, from: number, early = false) =>
    Array.from({ length: Math.floor(next() * most) }, () => `    ${ruleOf(from, early)}`).join('\n')
  const base = (name: string, hook: string, priority: number) => {
    const policy = pick(['accept', 'drop', 'drop'])
    return `  chain ${name} {
    type filter hook ${hook} priority ${priority}; policy ${hook === 'input' ? policy : 'accept'};
${rules(hook === 'input' ? 6 : 3, 0, hook !== 'input')}
  }`
  }
  const kind = pick(['inet', 'inet', 'inet', 'ip', 'ip6'])
  const bases = [
    ...(next() < 0.3 ? [base('early', 'prerouting', -150)] : []),
    base('input', 'input', 0),
    ...(next() < 0.25 ? [base('later', 'input', 10)] : []),
  ]
  const text = `table ${kind} mine {
  set friends { type ipv4_addr; flags interval; elements = { 192.0.2.0/28, 198.51.100.7 } }
  set strangers { type ipv6_addr; elements = { 2001:db8:1::7, 2001:db8::9 } }
${chains.map((it, at) => `  chain ${it} {\n${rules(5, at + 1)}\n  }`).join('\n')}
${bases.join('\n')}
}
`
  return { name: `nftables seed ${seed}`, text: kind === 'inet' ? text : ofKind(text, kind) }
}

/** A table of one family knows no addresses of the other. */
const ofKind = (text: string, kind: string) =>
  text.replace(
    kind === 'ip'
      ? /^.*(?:ip6 |2001:|icmpv6 |nfproto).*\n/gm
      : /^.*(?:ip saddr|ip daddr|ip protocol|icmp |192\.0|nfproto).*\n/gm,
    '',
  )

const plain = [
  '',
  'meta l4proto tcp',
  'meta l4proto { icmp, ipv6-icmp }',
  'tcp dport 22',
  'tcp dport 22',
  'tcp dport 80',
  'tcp dport { 22, 80 }',
  'tcp dport 20-30',
  'tcp dport { 80, 1000-2000 }',
  'tcp dport != 22',
  'tcp dport != { 80, 443 }',
  'udp dport 22',
  'udp dport != 22',
  'th dport 22',
  'ct state established,related',
  'ct state established,related',
  'ct state { established, related }',
  'ct state invalid',
  'ct state new',
  'ct state != new',
  'ct status dnat',
  'iifname "lo"',
  'iifname "v0"',
  'iifname != "lo"',
  'iifname "v*"',
  'iifname { "lo", "eth9" }',
  'ip saddr 192.0.2.0/24',
  'ip saddr != 192.0.2.0/24',
  'ip saddr { 192.0.2.2, 198.51.100.0/24 }',
  'ip saddr 192.0.2.1-192.0.2.9',
  'ip saddr @friends',
  'ip saddr != @friends',
  'ip saddr 10.42.0.0/16',
  'ip daddr 192.0.2.1 tcp dport 22',
  'ip protocol tcp',
  'ip6 saddr 2001:db8::/64',
  'ip6 saddr != 2001:db8::/64',
  'ip6 saddr @strangers',
  'ip6 saddr fd42::/56',
  'ip6 nexthdr tcp',
  'meta nfproto ipv4',
  'meta nfproto ipv6',
  'ip saddr . tcp dport { 192.0.2.2 . 22, 198.51.100.7 . 80 }',
  'fib daddr type local',
  'fib saddr . iif oif missing',
  'tcp flags & (fin | syn | rst | ack) == syn',
  'icmp type echo-request',
  'icmpv6 type { nd-neighbor-solicit, echo-request }',
  'meta pkttype host',
] as const
const doubtful = [
  'limit rate 100/second',
  'meta mark 1',
  'meta length < 60',
  'tcp sport 1-30000',
  'ct direction original',
] as const
const maps = [
  'ct state vmap { established : accept, related : accept, invalid : drop }',
  'tcp dport vmap { 22 : accept, 80 : drop }',
  'tcp dport vmap { 22 : CHAIN, 80 : accept }',
  'iifname vmap { "lo" : accept, "v0" : CHAIN }',
  'ip saddr vmap { 192.0.2.0/24 : CHAIN, 198.51.100.7 : drop }',
  'ip6 saddr vmap { 2001:db8::/64 : CHAIN }',
] as const
