import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { snapshotOf } from '../../../../agent/api/snapshot.ts'
import { allRules } from '../../../../agent/cli/commands/explain.ts'
import { filmedSnapshot, filmedView } from '../../../../agent/cli/commands/filmed.ts'
import { envelope } from '../../../../agent/cli/commands/page.ts'
import { defaults } from '../../../../agent/config/defaults.ts'
import { sampleVersionOf } from '../../../../agent/core/round.ts'
import { projector } from '../../../../agent/film/projector.ts'
import { readFilm } from '../../../../agent/film/read-film.ts'
import { collectors } from '../../../../collectors/index.ts'
import { shot } from '../../film/shooting.ts'

t.test('the status and every page of a moment, before, in and after a flush', async (t) => {
  const { film } = await shot(t, 8, [
    {
      at: 250_000,
      run: (node) => node.firewall.flush(),
      wakes: { firewall: '# new generation 99 by process 4711 (iptables)' },
    },
  ])
  const file = join(t.testdir(), 'film')
  writeFileSync(file, film)
  const at = async (ms: number) => {
    const reel = await readFilm(file)
    const versionOf = sampleVersionOf
    const it = projector(reel, {
      collectors,
      rules: allRules(),
      defaults,
      versionOf,
      min: 'info',
      until: reel.head.at + ms,
    })
    for await (const _ of it.scenes);
    return { it, head: reel.head }
  }
  const before = await at(240_000)
  t.equal(filmedSnapshot(before.head, before.it).state, 'ok')
  const then = await at(480_000)
  const snapshot = filmedSnapshot(then.head, then.it)
  t.strictSame(snapshotOf(JSON.parse(JSON.stringify(snapshot))), JSON.parse(JSON.stringify(snapshot)))
  t.match(snapshot, { state: 'critical', node: 'node1', at: then.head.at + 480_000, agent: { version: '0' } })
  t.match(snapshot.incidents[0]?.cause.code, 'firewall.flushed')
  for (const one of collectors) {
    if (!one.page) continue
    const view = filmedView(then.head, then.it, one)
    t.equal(view.source, 'recording')
    t.ok(one.page.render(view, { color: false, width: 80 }).length > 40, one.name)
    t.match(envelope(one.page, view), { node: 'node1', page: one.page.name })
  }
  const none = await at(-1)
  const [first] = collectors
  if (first)
    t.throws(() => filmedView(none.head, none.it, first), /the film holds no round of k3s before that time/)
  t.equal(filmedSnapshot(none.head, none.it).state, 'unknown')
})
