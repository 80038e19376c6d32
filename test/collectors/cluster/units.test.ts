import t from 'tap'
import { at, minute, place, seen } from './samples.ts'

t.test('RKE2 has units of its own', async (t) => {
  const rke2 = { ...place, distribution: 'rke2' as const }
  t.match(seen({ place: rke2 })[0]?.fix, [/ping/, /systemctl status rke2-agent /])
  const [server] = seen(
    {
      place: rke2,
      lost: [],
      silent: { since: at, why: 'x', etcd: true, peers: [{ name: 'server2', since: at }] },
    },
    at + 3 * minute,
  )
  t.match(server?.fix, [/ping/, /systemctl status rke2-server /])
  t.match(server?.avoid, [/`rke2 server --cluster-reset`/])
})
