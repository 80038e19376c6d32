import t from 'tap'
import { markBits, own, readStep, words } from '../../../collectors/firewall/steps.ts'

const chains = new Set(['ufw-user-input', 'KUBE-ROUTER-INPUT'])
const read = (rule: string) => readStep(rule, (name) => chains.has(name))

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
  t.same(words('-m comment --comment "a \\" b" -j X'), ['-m', 'comment', '--comment', '"a \\" b', '-j', 'X'])
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
