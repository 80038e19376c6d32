import t from 'tap'
import { markBits, own, stepReader } from '../../../../collectors/firewall/packet/steps.ts'

const chains = new Set(['ufw-user-input', 'KUBE-ROUTER-INPUT'])
const read = stepReader((name) => chains.has(name))

t.test('what a rule does', (t) => {
  t.same(read('-A INPUT -j ACCEPT')?.act, { kind: 'accept' })
  t.same(read('-A INPUT -j REJECT --reject-with icmp-port-unreachable')?.act, { kind: 'drop' })
  t.same(read('-A INPUT -j ufw-user-input')?.act, { kind: 'jump', chain: 'ufw-user-input' })
  t.same(read('-A INPUT -g ufw-user-input')?.act, { kind: 'goto', chain: 'ufw-user-input' })
  t.same(read('-A INPUT -j MARK --set-xmark 0x4000/0x4000')?.act, { kind: 'mark', bits: 0x4000 })
  t.same(read('-A INPUT -j NFQUEUE --queue-num 0')?.act, { kind: 'ask' })
  t.same(read('-A INPUT -j SOMETHINGNEW --with options')?.act, { kind: 'ask' })
  t.equal(read('-A INPUT -m limit --limit 3/min -j LOG --log-prefix "[UFW BLOCK] "'), undefined)
  t.equal(read('-A INPUT -m recent --set --name DEFAULT'), undefined, 'a rule without a target')
  t.end()
})

t.test('a comment can say what it likes', (t) => {
  const step = read(
    '-A INPUT -p tcp -m comment --comment "-j ACCEPT ! -p udp \\" -j DROP" -m tcp --dport 22 -j DROP',
  )
  t.same(step?.act, { kind: 'drop' })
  t.equal(step?.conditions.length, 2)
  t.equal(
    read(`-A INPUT -m comment --comment "${'\\'.repeat(50_000)} -j ACCEPT`)?.act.kind,
    'accept',
    'unclosed quotes end in time',
  )
  t.end()
})

t.test('what marks may be set', (t) => {
  t.equal(markBits('MARK', ['--set-xmark', '0x10000/0x10000']), 0x10000)
  t.equal(markBits('MARK', ['--set-xmark', '0x0/0x10000']), 0)
  t.equal(markBits('CONNMARK', ['--restore-mark']), 0xffffffff)
  t.equal(markBits('CONNMARK', ['--save-mark']), 0)
  t.equal(markBits('MARK', []), 0xffffffff)
  t.end()
})

t.test('what is kept is a copy', (t) => {
  t.equal(own('KUBE-€'), 'KUBE-€')
  t.equal(
    read(`-A INPUT -s 192.0.2.1 -m comment --comment "${'x'.repeat(5000)}" -j ACCEPT`)?.text.length,
    200,
  )
  t.end()
})

t.test('a rule that does not matter is read no further', (t) => {
  const asked: unknown[] = []
  const reader = stepReader(
    () => false,
    (it) => asked.push(it) < 2,
  )
  t.equal(reader('-A INPUT -s 192.0.2.1/32 -p tcp -m tcp --dport 22 -j ACCEPT'), undefined)
  t.equal(asked.length, 2)
  t.end()
})

t.test('parts that are the same are the same condition; what a rule names is its own', (t) => {
  const [one, other] = ['192.0.2.1/32', '192.0.2.2/32'].map((it) => read(`-A INPUT -s ${it} -p tcp -j DROP`))
  t.equal(one?.conditions[1], other?.conditions[1])
  t.not(one?.conditions[0], other?.conditions[0])
  t.same([one?.names, other?.names], [{ from: '192.0.2.1/32' }, { from: '192.0.2.2/32' }])
  t.same(read('-A INPUT ! -i eth+ -d 2001:db8::/32 -j DROP')?.names, { on: 'eth+', to: '2001:db8::/32' })
  for (let at = 0; at < 2000; at += 1) read(`-A INPUT -p tcp -m tcp --dport ${at} -j DROP`)
  t.equal(read('-A INPUT -p tcp -m tcp --dport 22 -j DROP')?.conditions.length, 2, 'however many there are')
  t.end()
})
