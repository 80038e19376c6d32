import t from 'tap'
import type { Observation, Pod } from '../../../agent/model/index.ts'
import { titles } from '../../../collectors/pods/titles.ts'

const db: Pod = { namespace: 'shop', name: 'db-0', container: 'postgres' }
const seen = (pod: Pod, evidence: NonNullable<Observation['evidence']>): Observation => ({
  ...{ code: 'pods.x', subject: 'shop/db-0/postgres', text: 'It is so.', pod, evidence },
})

t.test('which pod, and how it ended', async (t) => {
  t.equal(titles.looping(seen(db, { 'last exit code': 1 })), 'CrashLoopBackOff: shop/db-0 (exit 1)')
  t.equal(
    titles.looping(seen(db, { 'last exit code': 137, reason: 'OOMKilled' })),
    'CrashLoopBackOff: shop/db-0 (OOMKilled)',
  )
  t.equal(titles.looping(seen(db, {})), 'CrashLoopBackOff: shop/db-0')
})

t.test('what its log says, in the words of the program', async (t) => {
  t.equal(titles.says(seen(db, { pattern: 'postgres-panic' })), 'PostgreSQL PANIC (shop/db-0)')
  t.equal(titles.says(seen(db, { pattern: 'postgres-wal' })), 'PostgreSQL: no valid checkpoint (db-0)')
  const name = 'postgres-primary-6c4f9bd5d8-x7k2p'
  t.equal(
    titles.says(seen({ ...db, name }, { pattern: 'postgres-panic' })),
    'PostgreSQL PANIC (postgres-primary)',
  )
  t.equal(
    titles.says(seen(db, { pattern: 'ledger-torn' })),
    'log: ledger-torn (shop/db-0)',
    'of the settings',
  )
})
