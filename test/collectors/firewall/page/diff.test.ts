import t from 'tap'
import { diff, renderDiff } from '../../../../collectors/firewall/page/diff.ts'
import { reaching } from './reach.ts'

const terminal = { color: false, width: 80 }

t.test('a difference: what went and what came, bounded and harmless', (t) => {
  const differences = [
    { owner: 'ufw', place: 'ipv4 nft filter', went: ['-A a', '-A b', '-A c'], came: [] },
    { owner: 'other', place: 'ipv4 nft filter', went: [], came: ['-A x --comment "\u001b[2Jevil"'] },
  ] as const
  const text = renderDiff({ from: '12 (03:12 UTC)', to: 'now', differences, most: 2 }, terminal)
  t.equal(
    text.replace(/added\n.*evil"/, 'added\n'),
    `From 12 (03:12 UTC) to now

ufw, ipv4 nft filter: 3 deleted, 0 added
  - -A a
  - -A b
  - … 1 more: --all

other, ipv4 nft filter: 0 deleted, 1 added

`,
  )
  t.notMatch(text, /\u001b/)
  t.match(
    renderDiff({ from: 'a', to: 'b', differences: [], most: 2 }, terminal),
    /^No difference between a and b/,
  )
  t.end()
})

t.test('from the last good rules to now, and where that is nothing what led to it', async (t) => {
  const asked = async (state: string, ...given: string[]) =>
    diff.print((await reaching(state, ['healthy', 'ufw-default-deny'])).reach, given, {}, terminal)
  t.match(
    await asked('ufw-default-deny'),
    /^From 1 \(.*\) to now\n[\s\S]*ufw, ipv4 nft filter: 0 deleted, 65 added/,
  )
  t.match(await asked('healthy'), /^From 1 \(.*\) to 2 \(.*\)\n[\s\S]*0 deleted, 65 added/)
  t.match(
    await asked('healthy', 'good'),
    /^No difference between 1 \(.*\) and now\./,
    'asked for is asked for',
  )
  t.match(await asked('healthy', '2', '1'), /^From 2 .* to 1 [\s\S]*65 deleted, 0 added/)
  await t.rejects(asked('healthy', '7'), { name: 'Refusal' })
})
