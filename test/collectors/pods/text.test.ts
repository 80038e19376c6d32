import t from 'tap'
import { endedHow, filled, saidBy } from '../../../collectors/pods/text.ts'

const pod = { namespace: 'shop', name: 'db-0', container: 'postgres' }

t.test('what a finding of a log is about', async (t) => {
  t.equal(saidBy({ pod, pattern: 'postgres-wal' }), 'shop/db-0/postgres postgres-wal')
  t.equal(saidBy({ pod: { namespace: 'shop', name: 'db-0' }, pattern: 'dns' }), 'shop/db-0 dns')
})

t.test('each name stands wherever a step asks for it', async (t) => {
  t.equal(
    filled('`kubectl -n {namespace} exec {pod} -c {container}`, then see {pod} in {namespace}', pod),
    '`kubectl -n shop exec db-0 -c postgres`, then see db-0 in shop',
  )
  t.equal(filled('{pod} {other}', pod), 'db-0 {other}', 'nothing else is touched')
})

t.test('how it ended', async (t) => {
  const how = (code: number, reason?: string) => endedHow({ code, ...(reason && { reason }) })
  t.equal(how(137, 'OOMKilled'), 'OOMKilled')
  t.equal(how(1, 'OOMKilled'), 'OOMKilled', 'whatever the shell around it made of it')
  t.equal(how(139, 'Error'), 'exit code 139 (SIGSEGV: crashed)')
  t.equal(how(137), 'exit code 137 (SIGKILL: by the OOM killer or the kubelet)')
  t.equal(how(1, 'Error'), 'exit code 1', 'which says no more than the code')
  t.equal(how(0, 'Completed'), 'exit code 0')
  t.equal(how(2, 'DeadlineExceeded'), 'exit code 2 (DeadlineExceeded)')
  t.equal(how(128, 'StartError'), 'exit code 128 (could not be started)', 'what is known before what is said')
})
