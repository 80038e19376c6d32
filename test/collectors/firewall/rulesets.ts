import { printed } from './look.ts'

/** Rule sets for INPUT by what they let in, in the format of `iptables-restore`, for both backends. */
export async function ruleSets(): Promise<readonly (readonly [name: string, rules: string])[]> {
  const ufw = (await printed('ufw-default-deny')).split('\n').filter((line) => !line.includes('--match-set'))
  const filter = (rules: string, policy = 'DROP') =>
    `*filter\n:INPUT ${policy} [0:0]\n:mine - [0:0]\n${rules}\nCOMMIT\n`
  return [
    ['nothing', filter('', 'ACCEPT')],
    ['a policy', filter('')],
    ['an open port', filter('-A INPUT -p tcp --dport 22 -j ACCEPT')],
    ['an open range', filter('-A INPUT -p tcp -m multiport --dports 80,20:25 -j ACCEPT')],
    ['only what is established', filter('-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT')],
    ['only what is new', filter('-A INPUT -m conntrack --ctstate NEW -p tcp --syn -j ACCEPT')],
    ['a chain that returns', filter('-A INPUT -j mine\n-A mine -p tcp -j RETURN\n-A mine -j ACCEPT')],
    [
      'a goto that never comes back',
      filter('-A INPUT -g mine\n-A INPUT -j ACCEPT\n-A mine -p udp -j ACCEPT'),
    ],
    ['a rejected port', filter('-A INPUT -p tcp --dport 22 -j REJECT', 'ACCEPT')],
    ['loopback only', filter('-A INPUT -i lo -j ACCEPT')],
    ['not loopback', filter('-A INPUT ! -i lo -m addrtype --dst-type LOCAL -j ACCEPT')],
    ['pods only', filter('-A INPUT -s 10.42.0.0/16 -j ACCEPT')],
    ['a mark nobody set', filter('-A INPUT -m mark --mark 0x20000/0x20000 -j ACCEPT')],
    [
      'a mark',
      `*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j MARK --set-mark 7\nCOMMIT\n${filter('-A INPUT -m mark --mark 7 -j ACCEPT')}`,
    ],
    [
      'dropped before',
      `*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 22 -j DROP\nCOMMIT\n${filter('', 'ACCEPT')}`,
    ],
    ['this source', filter('-A INPUT -s 192.0.2.2 -j ACCEPT')],
    ['other sources', filter('-A INPUT -s 198.51.100.0/24 -j ACCEPT')],
    ['a limit', filter('-A INPUT -p tcp -m limit --limit 100/s -j ACCEPT')],
    ['ufw as it comes', ufw.join('\n')],
    [
      'ufw with SSH',
      [...ufw]
        .map((line) =>
          line.replace(
            /^(-A ufw-user-limit-accept)/,
            '-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT\n$1',
          ),
        )
        .join('\n'),
    ],
  ]
}
