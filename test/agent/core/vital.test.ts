import t from 'tap'
import { notWorking, type Vitals } from '../../../agent/core/vital.ts'

const minute = 60_000
const rounds = { name: 'certs', good: 1_000, late: false }
const room = { size: 1e9, available: 1e8, inodes: 100, inodesFree: 10 }
const well: Vitals = {
  rounds: [rounds, { ...rounds, name: 'memory' }],
  workers: [{ name: 'ops', lives: true }],
  space: room,
}
const of = (it: Partial<Vitals>) => notWorking({ ...well, ...it })

t.test('all is well', async (t) => {
  t.equal(notWorking(well), undefined)
  t.equal(of({ rounds: [], workers: [] }), undefined, 'nothing to do is done')
})

t.test('a collector that completes no round', async (t) => {
  const { good: _, ...never } = rounds
  t.match(of({ rounds: [never] }), /^certs has completed no round yet$/)
  const long = 11 * 60 * minute
  t.equal(of({ rounds: [{ ...rounds, good: long }] }), undefined, 'none was due, as its schedule says')
  const late = { ...rounds, late: true }
  t.match(of({ rounds: [{ ...late, good: 6 * minute }] }), /^certs has completed no round for 6 min$/)
  t.match(of({ rounds: [{ ...late, blind: 1_000 }] }), /no round for 1 s$/, 'also after one that failed')
})

t.test('one that sees nothing has five minutes since then, however seldom it looks', async (t) => {
  const blind = { ...rounds, good: 14 * minute }
  t.equal(of({ rounds: [{ ...blind, blind: 0 }] }), undefined)
  t.equal(of({ rounds: [{ ...blind, blind: 5 * minute }] }), undefined)
  t.match(of({ rounds: [{ ...blind, blind: 5 * minute + 1 }] }), /^certs has completed no round for 14 min$/)
})

t.test('a worker that ended, a state that is not kept, a disk that is full', async (t) => {
  t.match(of({ workers: [{ name: 'ops', lives: false }] }), /ops does not go on/)
  t.equal(of({ stateProblem: 'the state cannot be written' }), 'the state cannot be written')
  t.equal(of({ space: 'asking how full it is: timeout' }), 'asking how full it is: timeout')
  t.match(of({ space: { ...room, available: 0 } }), /full/)
  t.match(of({ space: { ...room, inodesFree: 0 } }), /inode/)
  t.equal(of({ space: { ...room, inodes: 0, inodesFree: 0 } }), undefined, 'btrfs counts none')
})
