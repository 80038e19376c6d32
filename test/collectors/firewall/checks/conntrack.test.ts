import t from 'tap'
import { readConntrack } from '../../../../collectors/firewall/checks/conntrack.ts'
import { machine } from '../../node/machine.ts'

const folder = '/proc/sys/net/netfilter'
const of = (count: string, max: string) =>
  readConntrack(machine(t, { [`${folder}/nf_conntrack_count`]: count, [`${folder}/nf_conntrack_max`]: max }))

t.test('in whole percent of the most', async (t) => {
  t.strictSame(await of('2622\n', '262144\n'), { percent: 1, most: 262_144 })
  t.strictSame(await of('0\n', '262144\n'), { percent: 0, most: 262_144 })
  t.strictSame(await of('249037\n', '262144\n'), { percent: 95, most: 262_144 })
  t.strictSame(
    await of('300000\n', '262144\n'),
    { percent: 100, most: 262_144 },
    'after the most was lowered',
  )
})

t.test('a kernel that follows none, or says nothing that is a number', async (t) => {
  t.equal(await readConntrack(machine(t, {})), undefined)
  t.equal(await readConntrack(machine(t, { [`${folder}/nf_conntrack_count`]: '5' })), undefined)
  t.equal(await readConntrack(machine(t, { [`${folder}/nf_conntrack_max`]: '5' })), undefined)
  t.equal(await of('x', '262144'), undefined)
  t.equal(await of('5', '0'), undefined)
  t.equal(await of('5', '-1'), undefined)
})
