import t from 'tap'
import { gatherForwards } from '../../../../collectors/firewall/packet/forwards.ts'

const hook = '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT'
const jump = (chain: string) =>
  `-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"cbr0\\" id: \\"4f\\"" -m multiport --dports 80 -j ${chain}`
const dnat = (chain: string, to = '10.42.0.36:80', port = '80', protocol = 'tcp') =>
  `-A ${chain} -p ${protocol} -m ${protocol} --dport ${port} -j DNAT --to-destination ${to}`

/** The rules of a nat table, in the order in which they are printed. */
const of = (...rules: readonly string[]) => {
  const it = gatherForwards()
  for (const rule of rules) it.rule(rule.split(' ')[1] ?? '', rule)
  return it.end()
}

t.test('what packets reach by the chains of portmap', (t) => {
  t.strictSame(of(hook, jump('CNI-DN-a'), dnat('CNI-DN-a')), ['tcp 80 10.42.0.36:80'])
  t.strictSame(of(dnat('CNI-DN-a'), jump('CNI-DN-a'), hook), ['tcp 80 10.42.0.36:80'], 'in any order')
  t.strictSame(
    of(
      hook,
      jump('CNI-DN-a'),
      dnat('CNI-DN-a'),
      '-A CNI-DN-a -s 10.42.0.0/24 -p tcp -m tcp --dport 80 -j CNI-HOSTPORT-SETMARK',
      dnat('CNI-DN-a', '[fd42::24]:53', '5353', 'udp'),
    ),
    ['tcp 80 10.42.0.36:80', 'udp 5353 [fd42::24]:53'],
  )
  t.end()
})

t.test('what they do not reach is none', (t) => {
  t.strictSame(of(), [])
  t.strictSame(of(jump('CNI-DN-a'), dnat('CNI-DN-a')), [], 'PREROUTING does not lead there')
  t.strictSame(of(hook, dnat('CNI-DN-a')), [], 'nothing leads to the chain of the sandbox')
  t.strictSame(of(hook, jump('CNI-DN-b'), dnat('CNI-DN-a')), [], 'another one')
  t.strictSame(of(hook, jump('CNI-DN-a'), dnat('MY-CHAIN')), [])
  t.strictSame(of(`${hook}-OLD`, jump('CNI-DN-a'), dnat('CNI-DN-a')), [], 'a chain of a similar name')
  t.strictSame(
    of(hook, jump(`CNI-DN-${'x'.repeat(31)}`), dnat(`CNI-DN-${'x'.repeat(31)}`)),
    [],
    'no such name',
  )
  t.end()
})

t.test('a crowd of them fills no memory', (t) => {
  const chains = Array.from({ length: 2500 }, (_, at) => `CNI-DN-${at}`)
  const found = of(hook, ...chains.map(jump), ...chains.map((it) => dnat(it)))
  t.equal(found.length, 2000)
  const one = Array.from({ length: 2500 }, (_, at) => dnat('CNI-DN-a', '10.42.0.36:80', `${at}`))
  t.equal(of(hook, jump('CNI-DN-a'), ...one).length, 2000, 'nor do many in one chain')
  t.end()
})
