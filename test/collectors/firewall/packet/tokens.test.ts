import t from 'tap'
import { partEnd, wordFrom, words } from '../../../../collectors/firewall/packet/tokens.ts'

t.test('words', (t) => {
  t.same(words('-m comment --comment "a \\" b" -j X'), ['-m', 'comment', '--comment', '"a \\" b"', '-j', 'X'])
  t.same(words('  -s  192.0.2.1 '), ['-s', '192.0.2.1'])
  t.same(words('-m comment --comment "never closed -j X'), [
    '-m',
    'comment',
    '--comment',
    '"never',
    'closed',
    '-j',
    'X',
  ])
  t.same(words(''), [])
  t.equal(words(`"${'\\'.repeat(50_001)} x`).length, 2, 'in time')
  t.end()
})

t.test('an option with its values', (t) => {
  const parts = (text: string) => {
    const all: string[] = []
    for (let at = 0; at < text.length; ) {
      const end = partEnd(text, at)
      all.push(text.slice(at, end))
      at = wordFrom(text, end)
    }
    return all
  }
  t.same(parts('! -s 192.0.2.0/24 -p tcp -m tcp --dport 22 --tcp-flags FIN,SYN SYN -j ACCEPT'), [
    '! -s 192.0.2.0/24',
    '-p tcp',
    '-m tcp',
    '--dport 22',
    '--tcp-flags FIN,SYN SYN',
    '-j ACCEPT',
  ])
  t.same(parts('-m comment --comment "! -p udp -j DROP" ! --syn -j X'), [
    '-m comment',
    '--comment "! -p udp -j DROP"',
    '! --syn',
    '-j X',
  ])
  t.same(parts('-m limit --limit -1 -j X'), ['-m limit', '--limit -1', '-j X'])
  t.same(parts('-m recent ! --update --seconds 30 --hitcount 6 --rsource -m tcp --dport 22'), [
    '-m recent',
    '! --update --seconds 30 --hitcount 6 --rsource',
    '-m tcp',
    '--dport 22',
  ])
  t.end()
})
