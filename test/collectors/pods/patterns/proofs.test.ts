import t from 'tap'
import { addressIn, proofs } from '../../../../collectors/pods/patterns/proofs.ts'
import { each, names } from './found.ts'

/** Lines as the programs write them: from their sources and issue trackers. */
const lines: Readonly<Record<string, readonly string[]>> = {
  unreachable: [
    'dial tcp 10.43.0.1:443: connect: connection refused',
    'E1129 01:48:44.237227       1 reflector.go:147] failed to list *v1.Pod: Get "https://10.43.0.1:443/api/v1/pods": dial tcp 10.43.0.1:443: i/o timeout',
    'Error: connect ECONNREFUSED 10.43.12.7:5432',
    'connect: connect EHOSTUNREACH 10.42.1.9:6379',
    'psycopg2.OperationalError: connection to server at "db" (10.43.12.7), port 5432 failed: Connection refused',
    'dial tcp 10.42.1.9:5432: connect: no route to host',
  ],
  'unknown-host': [
    'dial tcp: lookup db.shop.svc on 10.43.0.10:53: no such host',
    'Error: getaddrinfo ENOTFOUND db',
    'psql: error: could not translate host name "db" to address: Name or service not known',
  ],
}

t.test('each finds what the program says', async (t) => each(t, proofs, lines))

t.test('none is a finding by itself, so that none is grave', async (t) => {
  for (const it of proofs) t.match(it, { severity: 'info', silent: true }, it.name)
})

t.test('what a client asked for is no evidence', async (t) => {
  t.strictSame(names('10.42.0.1 - - [29/Nov/2026:00:00:00 +0000] "GET /Connection refused HTTP/1.1" 404'), [])
})

t.test('the address that was not reached', async (t) => {
  t.equal(addressIn('dial tcp 10.43.0.1:443: connect: connection refused'), '10.43.0.1:443')
  t.equal(addressIn('connect ECONNREFUSED 10.43.12.7:5432'), '10.43.12.7:5432')
  t.equal(addressIn('dial tcp [fd42::1]:443: i/o timeout'), '[fd42::1]:443')
  t.equal(addressIn('lookup db on 10.43.0.10:53: no such host'), '10.43.0.10:53')
  for (const none of ['Connection refused', 'v1.2.3.4:5', '10.43.0.1', '00:00:00'])
    t.equal(addressIn(none), undefined, none)
})
