import t from 'tap'
import { lines, live } from './year/live.ts'

/**
 * A healthy node's life on a time-lapse, through the real collectors, ledger, cascade and plan: nobody is told
 * of anything. A quarter here, with everything that happens in a year; the year is `node test/bench/year.ts`.
 */
const hour = 3600_000
const quarter = { days: 91, age: 191, pause: 2 * hour }

t.test('a quarter of a healthy life: nobody is told of anything', async (t) => {
  const { told, found, rounds, open, node } = await live(t, quarter)
  t.comment(`${rounds} looks; found on the way: ${[...found.keys()].join(', ')}`)
  t.strictSame(lines(told), [])
  t.strictSame(
    open.filter((it) => it.severity !== 'info').map((it) => it.text),
    [],
  )
  // That it was quiet is worth nothing if nothing happened.
  for (const code of ['k3s.restarted', 'k3s.rebooted', 'firewall.changed', 'certs.expiring'])
    t.ok(found.has(code), `${code} was noticed, as information`)
  t.ok(node.certificates.end() > node.machine.clock + 300 * 24 * hour, 'k3s renewed its certificates')
})

/** The same life with one fault in it, for each part of what is watched: this can fail. */
const faults: readonly (readonly [string, string, NonNullable<Parameters<typeof live>[1]['fault']>])[] = [
  [
    'the firewall is flushed',
    'firewall.flushed',
    {
      at: 1.5,
      what: 'iptables -F',
      run: (node) => node.firewall.flush(),
      wakes: { firewall: '# new generation 99 by process 4711 (iptables)' },
    },
  ],
  [
    'the overlay is deleted',
    'cni.overlay-missing',
    { at: 1.5, what: 'ip link del flannel.1', run: (node) => node.pods.flannel(false) },
  ],
  ['k3s does not come back', 'k3s.down', { at: 1.5, what: 'it ends', run: (node) => node.stopK3s() }],
  [
    'the API does not answer',
    'k3s.api-unhealthy',
    { at: 1.5, what: 'it hangs', run: (node) => node.api(false) },
  ],
  ['a disk fills', 'k3s.disk-filling', { at: 1.5, what: 'a dump is written', run: (node) => node.spill(45) }],
  [
    'DNS stays dead',
    'cni.dns-dead',
    {
      at: 1.5,
      what: 'CoreDNS is gone',
      run: (node) => {
        node.machine.dns = false
      },
    },
  ],
  [
    'a database loses its WAL',
    'pods.log-says',
    {
      at: 1.5,
      what: 'it panics',
      run: (node) =>
        node.log('2026-11-23 00:31:07.643 UTC [17504] PANIC:  could not locate a valid checkpoint record'),
    },
  ],
  [
    'a container is killed',
    'memory.oom-killed',
    {
      at: 1.5,
      what: 'the kernel kills',
      run: (node) => node.kill(),
      wakes: { memory: 'Killed process ' },
    },
  ],
  [
    'another node is lost',
    'cluster.node-lost',
    { at: 1.5, what: 'its power fails', run: (node) => node.loseOther() },
  ],
]
for (const [name, code, fault] of faults)
  t.test(`days in which ${name}`, async (t) => {
    const { told } = await live(t, { days: 3, age: 60, pause: hour, fault })
    const opened = told.filter((it) => it.kind === 'opened')
    t.equal(opened.length, 1, lines(told).join('\n'))
    t.match(opened[0], { incident: { cause: { code } } })
    const late =
      (opened[0]?.at ?? Number.POSITIVE_INFINITY) - Date.parse('2026-11-24T00:00:00Z') - 1.5 * 24 * hour
    t.ok(late < 20 * 60_000, `${late / 1000} s after it`)
  })

t.test('certificates that nobody renews are told of, again and again as their end comes', async (t) => {
  const { told } = await live(t, { days: 15, age: 350, pause: hour })
  const kinds = told.filter((it) => it.kind !== 'resolved').map((it) => it.kind)
  t.match(told[0], { kind: 'opened', incident: { cause: { code: 'certs.expiring' } } })
  t.ok(kinds.filter((it) => it === 'worse').length >= 4, `14, 7, 3 and 1 days: ${kinds}`)
})
