import t from 'tap'
import { titles } from '../../../collectors/memory/titles.ts'

const pod = { namespace: 'shop', name: 'db-0', container: 'postgres' }
const seen = (evidence: Readonly<Record<string, string | number>> = {}, more = {}) =>
  ({ code: 'memory.x', subject: 'shop/db-0/postgres', text: 'x', evidence, ...more }) as const

t.test('who was killed, how often, at which limit', async (t) => {
  const killed = (evidence: Readonly<Record<string, string | number>>, more = {}) =>
    titles.killed(seen(evidence, { pod, ...more }))
  t.equal(killed({ kills: 1, limit: '64 MiB' }), 'OOMKilled: shop/db-0 (limit 64 MiB)')
  t.equal(killed({ kills: 3, limit: '64 MiB' }), 'OOMKilled 3x: shop/db-0 (limit 64 MiB)')
  t.equal(
    killed({ kills: 1, 'because the node ran out': 1, limit: '64 MiB' }),
    'OOMKilled: shop/db-0 (node OOM)',
  )
  t.equal(killed({ kills: 2, 'because the node ran out': 1 }), 'OOMKilled 2x: shop/db-0')
  t.equal(killed({ kills: 1, limit: 'x\ny' }), 'OOMKilled: shop/db-0', 'a limit is a size')
  const long = { namespace: 'kube-system', name: 'local-path-provisioner-6795b5f9d8-x7q2m' }
  t.equal(killed({ kills: 1, limit: '64 MiB' }, { pod: long }), 'OOMKilled: local-path-provisioner')
})

t.test('without a pod it is an OOM kill', async (t) => {
  const subject = 'process mariadbd in /system.slice/mariadb.service'
  t.equal(titles.killed(seen({ kills: 1, limit: '1 GiB' }, { subject })), 'OOM kill: mariadbd (limit 1 GiB)')
  t.equal(titles.killed(seen({ kills: 2 }, { subject: 'other processes' })), 'OOM kill 2x: other processes')
})

t.test('again and again, and a storm, while and after', async (t) => {
  t.equal(
    titles.repeating(seen({ times: 13, within: '10 min' }, { pod })),
    'OOMKilled 13x: shop/db-0 in 10 min',
  )
  t.equal(titles.storm(seen({ kills: 23, within: '45 s' })), 'OOM kill storm: 23 kills in 45 s')
  t.equal(
    titles.storm(seen({ kills: 230, within: '4 min' }, { severity: 'warning' })),
    'OOM kill storm over: 230 kills in 4 min',
  )
})

t.test('how full, and of what', async (t) => {
  t.equal(titles.nearLimit(seen({ percent: 96 }, { pod })), 'shop/db-0 at 96 % of its memory limit')
  const long = { namespace: 'kube-system', name: 'coredns-6795b5f9d8-x7q2m' }
  t.equal(titles.nearLimit(seen({ percent: 96 }, { pod: long })), 'coredns at 96 % of its memory limit')
  const longer = { ...long, name: 'local-path-provisioner-6795b5f9d8-x7q2m' }
  t.equal(
    titles.nearLimit(seen({ percent: 96 }, { pod: longer })),
    'memory 96 % full: local-path-provisioner',
  )
  t.equal(titles.nodeFilling(seen({ percent: 4 })), 'node memory low: 4 % left')
  t.equal(
    titles.nodeFilling(seen({ percent: 30, 'nothing left at': '2026' })),
    'node memory shrinking: 30 % left',
  )
  t.equal(titles.pressure(seen({ full: 14, some: 30 })), 'memory pressure: 14 % stalled (PSI)')
})

t.test('the node itself, before and now', async (t) => {
  t.equal(titles.system(seen({ kills: 1 })), 'node ran out of memory: 1 OOM kill')
  t.equal(titles.lost(seen({ lost: 3 })), '3 OOM kills not in the kernel log')
  t.equal(titles.beforeBoot(seen()), 'previous boot ended out of memory')
  t.equal(titles.beforeBoot(seen({ panic: 'Out of memory' })), 'previous boot: OOM kernel panic')
})
