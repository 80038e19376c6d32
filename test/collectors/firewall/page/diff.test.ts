import t from 'tap'
import { renderDiff } from '../../../../collectors/firewall/page/diff.ts'

const terminal = { color: false, width: 80 }

t.test('a difference: what went and what came, bounded and harmless', (t) => {
  const differences = [
    { owner: 'ufw', place: 'ipv4 nft filter', went: ['-A a', '-A b', '-A c'], came: [] },
    { owner: 'other', place: 'ipv4 nft filter', went: [], came: ['-A x --comment "\u001b[2Jevil"'] },
  ] as const
  const text = renderDiff({ from: '12 (03:12 UTC)', to: 'now', differences, most: 2 }, terminal)
  t.equal(
    text.replace(/came\n.*evil"/, 'came\n'),
    `From 12 (03:12 UTC) to now

ufw, ipv4 nft filter: 3 went, 0 came
  - -A a
  - -A b
  - … and 1 more (--all)

other, ipv4 nft filter: 0 went, 1 came

`,
  )
  t.notMatch(text, /\u001b/)
  t.match(
    renderDiff({ from: 'a', to: 'b', differences: [], most: 2 }, terminal),
    /^No rule differs between a and b/,
  )
  t.end()
})
