import t from 'tap'
import { allRules } from '../../../../agent/cli/commands/explain.ts'
import { renderHistory } from '../../../../agent/cli/render/history.ts'
import { incidents } from '../../../../agent/core/cascade.ts'
import { type Ledger, step } from '../../../../agent/core/ledger.ts'
import type { Observation } from '../../../../agent/model/index.ts'

const plain = { color: false, width: 80 }
const rules = allRules()
const minute = 60_000
const morning = Date.parse('2026-11-22T23:50:00Z')

/** What a ledger holds after looks at these times, each with what was seen then. */
const after = (...looks: readonly (readonly [minutes: number, ...seen: Observation[]])[]): Ledger =>
  looks.reduce<Ledger>(
    (ledger, [at, ...observations]) => step(ledger, { rules, observations }, morning + at * minute),
    [],
  )

t.test('incidents, k3s events, who changed the firewall and kills stand in one column', async (t) => {
  const kill = {
    code: 'memory.oom-killed',
    subject: 'shop/db-0/postgres',
    pod: { namespace: 'shop', name: 'db-0', container: 'postgres' },
    text: 'Killed once at 23:50, limit 1 GiB; postgres (pid 77) with 1003 MiB.',
  }
  const loop = {
    code: 'pods.crash-looping',
    subject: 'shop/db-0/postgres',
    pod: kill.pod,
    text: 'Started again 3 times in the last 30 min (3 in all).',
    evidence: { reason: 'OOMKilled' },
  }
  const changed = {
    code: 'firewall.changed',
    subject: 'iptables',
    text: '`iptables` (pid 4242) changed the rules at 00:10:00 UTC: other 3 → 5.',
  }
  const killed = { code: 'k3s.killed', subject: 'k3s', text: 'All 9 containers and cni0 went at 00:20 UTC.' }
  const bridge = { code: 'cni.bridge-missing', subject: 'cni0', text: 'The bridge cni0 is gone.' }
  const ledger = after(
    [0, kill],
    [8, kill, loop],
    [20, loop, changed],
    [30, killed],
    [31, killed, bridge],
    [36, bridge],
  )
  const now = morning + 40 * minute
  t.equal(
    renderHistory(incidents(ledger, rules, now), rules, now, plain),
    `2026-11-22 (UTC)
23:50 w OOMKilled: shop/db-0, for 20 min: Killed once at 23:50, limit 1 GiB;
        postgres (pid 77) with 1003 MiB.
        +8 min CrashLoopBackOff: shop/db-0 (OOMKilled), for 22 min: Started
               again 3 times in the last 30 min (3 in all).

2026-11-23 (UTC)
00:10 i firewall rules changed (iptables), for 10 min: \`iptables\` (pid 4242)
        changed the rules at 00:10:00 UTC: other 3 → 5.
00:20 ! k3s and all containers killed: All 9 containers and cni0 went at
        00:20 UTC.
        +60 s cni0 missing: 0 pods offline, open, 9 min: The bridge cni0 is
              gone.

! critical   w warning   i info   + how long after the first
`,
  )
  for (const line of renderHistory(incidents(ledger, rules, now), rules, now, { ...plain, width: 60 }).split(
    '\n',
  ))
    t.ok(line.length <= 60, line)
})

t.test('nothing is a sentence too', async (t) => {
  t.equal(renderHistory([], rules, morning, plain), 'Nothing happened.\n')
})
