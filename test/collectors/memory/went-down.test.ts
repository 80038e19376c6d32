import t from 'tap'
import { allRules } from '../../../agent/cli/commands/explain.ts'
import { incidents } from '../../../agent/core/cascade.ts'
import { step } from '../../../agent/core/ledger.ts'
import type { LastBoot } from '../../../collectors/memory/last-boot.ts'
import { wentDown } from '../../../collectors/memory/went-down.ts'

const minute = 60_000
const booted = Date.parse('2026-11-23T00:15:00Z')
const lastBoot: LastBoot = {
  readIn: 'now',
  tries: 1,
  booted,
  id: '1'.repeat(32),
  ended: booted - 3 * minute,
  kills: 12,
  last: booted - 4 * minute,
  who: 'postgres',
  starved: booted - 5 * minute,
}
const seen = (more: Partial<LastBoot>, now = booted + minute) =>
  wentDown({ cursor: 0, victims: [], recent: [], pods: [], lastBoot: { ...lastBoot, ...more } }, now)

t.test('a node that stopped right after it had run out', async (t) => {
  t.match(seen({}), [
    {
      code: 'memory.oom-before-boot',
      text: 'The previous boot ended at 00:12 UTC, after 12 OOM kills, the last at 00:11 UTC (postgres). There was no shutdown. This boot began at 00:15 UTC.',
      severity: undefined,
      at: booted - 5 * minute,
      evidence: { kills: 12 },
    },
  ])
  t.match(seen({ ended: booted - minute, panic: 'Out of memory: x' }), [
    { severity: 'critical', text: /The kernel panicked: Out of memory: x\./ },
  ])
  const { kills: _, last: __, who: ___, starved: ____, ...none } = lastBoot
  t.match(
    wentDown(
      { cursor: 0, victims: [], recent: [], pods: [], lastBoot: { ...none, panic: 'x' } },
      booted + minute,
    ),
    [{ text: /^The previous boot ended at 00:12 UTC\. The kernel panicked: x\./ }],
    'panic_on_oom kills nobody',
  )
})

t.test('and one that did not', async (t) => {
  t.strictSame(seen({ orderly: true }), [], 'somebody shut it down')
  t.strictSame(seen({ starved: booted - 30 * minute }), [], 'it recovered')
  t.strictSame(seen({ ended: booted - 60 * minute, panic: 'x' }), [], 'it is another boot, or stood still')
  t.strictSame(seen({}, booted + 30 * minute), [], 'it is long over')
  const { starved: _, ...own } = lastBoot
  const limits = { cursor: 0, victims: [], recent: [], pods: [], lastBoot: own }
  t.strictSame(wentDown(limits, booted + minute), [], 'only containers reached their limits')
  t.strictSame(wentDown({ cursor: 0, victims: [], recent: [], pods: [] }, booted), [])
})

t.test("a reboot is nobody's consequence, and what led to it stands beside it", async (t) => {
  const rules = allRules()
  const at = booted + minute
  const rebooted = { code: 'k3s.rebooted', subject: 'node', text: 'x', at: booted }
  const all = incidents(step([], { rules, observations: [rebooted, ...seen({})] }, at), rules, at)
  t.strictSame(new Set(all.map((it) => it.cause.code)), new Set(['memory.oom-before-boot', 'k3s.rebooted']))
  t.ok(all.every((it) => it.affected.length === 0))
})
