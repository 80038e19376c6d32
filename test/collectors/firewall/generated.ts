import type { Family } from '../../../collectors/firewall/cells.ts'
import { chance } from '../../chance.ts'

/** Rule sets for INPUT made from a seed, so that each can be made again. `plain`: only what ufw and k3s write. */
export function generated(
  seed: number,
  family: Family = 'ipv4',
): {
  readonly name: string
  readonly text: string
  readonly plain: boolean
} {
  const next = chance(seed * 0x9e3779b1)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)] as T
  /** What ufw and k3s write; its answer must be certain. */
  const plainMatches = [
    '',
    '-p tcp',
    '-p udp',
    '-p tcp -m tcp --dport 22',
    '-p tcp -m tcp --dport 80',
    '-p tcp -m tcp --dport 20:30',
    '-p tcp -m multiport --dports 80,443',
    '-p tcp -m multiport --dports 22,80',
    '-m conntrack --ctstate RELATED,ESTABLISHED',
    '-m conntrack --ctstate INVALID',
    '-m conntrack --ctstate NEW',
    '-m conntrack ! --ctstate NEW',
    '-i lo',
    '! -i lo',
    '-s 10.42.0.0/16',
    '! -s 10.42.0.0/16',
    '-s 127.0.0.0/8',
    '-d 224.0.0.251/32 -p udp -m udp --dport 5353',
    '-m addrtype --dst-type LOCAL',
    '-m addrtype --dst-type MULTICAST',
    '-m comment --comment "allow -j DROP all"',
    '-p icmp -m icmp --icmp-type 8',
    '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN',
    '-m pkttype --pkt-type unicast',
    '-s 192.0.2.0/24',
    '-s 192.0.2.2/32 -p tcp -m tcp --dport 22',
    '! -s 192.0.2.0/24',
    '-s 198.51.100.0/24',
    '-s 198.51.100.7/32 -p tcp -m tcp --dport 22',
    '-d 192.0.2.1/32 -p tcp -m multiport --dports 22,443',
    '-i v0',
    '-i v+ -p tcp -m tcp --dport 22',
    '! -i eth9',
    '-p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --set --name DEFAULT --rsource',
    '-p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --rsource',
  ]
  const doubtful = [
    '-m limit --limit 100/s',
    '-p tcp -m tcp --dport 22 -m recent --rcheck --seconds 30 --name KNOCKED --rsource',
    '-m time --timestart 00:00 --timestop 00:01',
    '-p tcp -m tcp --dport 22 -m connlimit --connlimit-above 20',
    '-p tcp -m length --length 0:60',
    '-m ttl --ttl-gt 9',
    '-m mark --mark 0x8000/0x8000',
    '-m mark ! --mark 0x8000/0x8000',
  ]
  const plain = next() < 0.6
  const matches = plain ? plainMatches : [...plainMatches, ...doubtful, ...doubtful]
  const chains = ['a', 'b', 'c'].slice(0, Math.floor(next() * 4))
  const targets = (from: number) => [
    ...['ACCEPT', 'ACCEPT', 'DROP', 'REJECT', 'RETURN', 'LOG', 'MARK --set-xmark 0x8000/0x8000'].map(
      (it) => `-j ${it}`,
    ),
    // Only forward, as the kernel refuses loops.
    ...chains.slice(from).flatMap((it) => [`-j ${it}`, `-j ${it}`, `-g ${it}`]),
  ]
  const rulesOf = (chain: string, from: number) =>
    Array.from({ length: Math.floor(next() * 5) }, () => {
      const target = pick(targets(from))
      // The kernel takes RETURN in INPUT as the policy's turn; ufw writes it in its own chains.
      return `-A ${chain} ${pick(matches)} ${target}`.replace(/ +/g, ' ')
    })
  const policy = pick(['ACCEPT', 'DROP', 'DROP'])
  const rules = [...rulesOf('INPUT', 0), ...chains.flatMap((it, at) => rulesOf(it, at + 1))]
  // Always there, so that what was there before is gone.
  const marks =
    !plain && next() < 0.3 ? `-A PREROUTING ${pick(plainMatches)} -j MARK --set-xmark 0x8000/0x8000\n` : ''
  const mangle = `*mangle\n:PREROUTING ACCEPT [0:0]\n${marks}COMMIT\n`
  const head = [`:INPUT ${policy} [0:0]`, ...chains.map((it) => `:${it} - [0:0]`)]
  return {
    name: `${family} seed ${seed}`,
    text: translated(`${mangle}*filter\n${[...head, ...rules].join('\n')}\nCOMMIT\n`, family),
    plain,
  }
}

const inIpv6 = [
  ['192.0.2.0/24', '2001:db8::/64'],
  ['192.0.2.2/32', '2001:db8::2/128'],
  ['192.0.2.1/32', '2001:db8::1/128'],
  ['198.51.100.0/24', '2001:db8:1::/64'],
  ['198.51.100.7/32', '2001:db8:1::7/128'],
  ['10.42.0.0/16', 'fd42::/56'],
  ['127.0.0.0/8', '::1/128'],
  ['224.0.0.251/32', 'ff02::fb/128'],
  ['-p icmp -m icmp --icmp-type 8', '-p ipv6-icmp -m icmp6 --icmpv6-type 128'],
  ['-m ttl --ttl-gt', '-m hl --hl-gt'],
] as const
const translated = (text: string, family: Family) =>
  family === 'ipv4' ? text : inIpv6.reduce((all, [four, six]) => all.replaceAll(four, six), text)
