import t from 'tap'
import { grace, killall, lackingSince, outlastsStart } from '../../../collectors/cni/lacking.ts'
import { sampleOf, withLink } from './node.ts'

const well = await sampleOf('healthy')
const since = well.k3s?.running?.since ?? 0

t.test('remembered from the first look that missed it until it is there again', (t) => {
  t.same(lackingSince(well, undefined, 5), {})
  const gone = { ...withLink(well, 'flannel.1', null), subnet: null }
  const first = lackingSince(gone, undefined, 1_000)
  t.same(first, { 'flannel.1': 1_000, '/run/flannel/subnet.env': 1_000 })
  t.same(lackingSince(gone, { ...gone, lacking: first }, 2_000), first)
  t.same(lackingSince(gone, { ...gone, lacking: first }, 500)['flannel.1'], 500, 'the clock was set back')
  t.same(lackingSince(well, { ...gone, lacking: first }, 2_000), {})
  const { interfaces: _, ...blind } = well
  t.same(lackingSince(blind, undefined, 5), {}, 'what cannot be seen is not missed')
  t.end()
})

t.test('it outlasts a start of k3s that found it missing for a while', (t) => {
  const lacking = (at: number) => ({ ...well, lacking: { 'flannel.1': at } })
  t.equal(outlastsStart(lacking(since - grace - 1), 'flannel.1'), true)
  t.equal(outlastsStart(lacking(since - 1), 'flannel.1'), false)
  t.equal(outlastsStart(lacking(since + 1), 'flannel.1'), false)
  t.equal(outlastsStart(well, 'flannel.1'), false)
  t.match(killall(well), [/: `k3s-killall\.sh`$/, /: `systemctl start k3s`$/])
  t.end()
})
