import t from 'tap'
import { kindTitle, shortSubject } from '../../../agent/text/kinds.ts'

const uid = 'pod 38b85a3d-c687-4320-836e-9a2b647445f5'
const kill = (subject: string, name?: string) => ({
  ...{ title: `OOMKilled: ${subject} (limit 24 MiB)`, subject },
  ...(name && { pod: { namespace: 'shop', name } }),
})

t.test('how many of what', async (t) => {
  t.equal(kindTitle([kill('a', 'a'), kill('b', 'b')]), '2 pods: OOMKilled')
  t.equal(kindTitle([kill('a/x', 'a'), kill('a/y', 'a')]), '1 pod, 2 times: OOMKilled')
  t.equal(kindTitle([kill(uid), kill('b', 'b')]), '2 pods: OOMKilled', 'a pod is one, whoever it was')
  t.equal(kindTitle([kill('process x'), kill('b', 'b')]), '2 findings: OOMKilled')
  const made = { ...kill('a'), kind: 'certs expired', title: '3 certs expired' }
  t.equal(kindTitle([made, made]), '2 findings: certs expired', 'by the title of the rule')
  t.equal(
    kindTitle([
      { ...made, kind: ': x' },
      { ...made, kind: 'y' },
    ]),
    '2 findings: : x',
  )
})

t.test('a uid is told from others by its first digits', async (t) => {
  t.equal(shortSubject(uid), 'pod 38b85a3d')
  for (const other of ['shop/db-0/postgres', 'pod of somebody', `${uid}0`, 'process x in /a', ''])
    t.equal(shortSubject(other), other)
})
