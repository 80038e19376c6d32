import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { exitCode } from '../../../../agent/api/snapshot.ts'
import { stateOf } from '../../../../agent/cli/commands/page.ts'
import { viewOf } from '../../../../agent/cli/commands/view-of.ts'
import type { Collector } from '../../../../agent/model/index.ts'
import { openStore } from '../../../../agent/state/store.ts'
import { collectors } from '../../../../collectors/index.ts'
import { finding } from '../../findings.ts'
import { main, nodes, typed } from './typed.ts'

const { config, folder } = typed(t)
const withPage = collectors.filter((it) => it.page)
const named = (name: string) => withPage.find((it) => it.name === name) as Collector
const notRoot = process.getuid?.() !== 0 && 'to be somebody else one has to be root'

t.test("where no daemon ever ran, a round of its own is judged as the daemon's are", async (t) => {
  const view = await viewOf(named('memory'), { config })
  t.match(view, {
    ...{ source: 'look', node: 'test-node', trend: [], artifacts: [] },
    problem: /not running on this machine; it left no state/,
  })
  t.ok(view.findings.every((it) => it.code.startsWith('memory.') && it.notifyAt >= it.since))
  t.match(await viewOf(named('memory'), { config, at: '2026-01-02T03:04:05Z' }), {
    ...{ source: 'look', at: Date.parse('2026-01-02T03:04:05Z'), problem: undefined },
  })
})

t.test('what a daemon left: of the shape that is understood', async (t) => {
  const now = Date.now()
  const store = openStore(join(folder, 'state'), now)
  store.saveLedger([
    finding({ code: 'memory.oom-kill', since: now - 9 }),
    finding({ code: 'memory.storm', severity: 'critical', since: now - 5 }),
    finding({ code: 'memory.node-oom', resolved: now }),
    finding({ code: 'certs.expired' }),
  ])
  const sample: object = { cursor: 1, victims: [], pods: [], recent: [] }
  store.saveSample('memory', sample, now - 60_000, true, named('memory').sampleVersion ?? 1)
  store.addPoints(now - 60_000, { 'memory.available': 5 })
  store.keep('memory', { about: { of: 'x' }, body: Buffer.from('abc') }, now - 60_000)
  store.close()
  const view = await viewOf(named('memory'), { config })
  t.match(view, {
    ...{ source: 'saved', at: now - 60_000, sample, trend: [{ at: now - 60_000, value: 5 }] },
    ...{ artifacts: [{ about: { of: 'x' }, size: 3 }], problem: /the state below is \d+ s old/ },
  })
  t.strictSame(
    view.findings.map((it) => it.code),
    ['memory.storm', 'memory.oom-kill'],
    'its own, open, the gravest first',
  )
  t.equal(exitCode(stateOf(view)), 3)

  const again = openStore(join(folder, 'state'), now)
  again.saveSample('memory', sample, now, true, 999)
  again.close()
  t.match(await viewOf(named('memory'), { config }), {
    ...{ source: 'look', problem: /it left no readable state of memory/ },
  })
})

t.test('what answers and is not understood is no reason to look for oneself', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'murphy-'))
  t.teardown(() => rmSync(place, { recursive: true, force: true }))
  const own = join(place, 'config.yaml')
  writeFileSync(own, `state_dir: ${place}/state\nsocket: ${place}/agent.sock\n`)
  const server = createServer((_, answer) => answer.end('{"node":"n"}'))
  await new Promise<void>((resolve) => server.listen(join(place, 'agent.sock'), resolve))
  for (const collector of withPage)
    await t.rejects(viewOf(collector, { config: own }), {
      ...{ name: 'Refusal', exit: 3 },
      message: /^Murphy does not answer: what it answers is no view of this version of Murphy; it left/,
    })
  await new Promise((resolve) => server.close(resolve))
})

t.test('what cannot be asked for is refused in the same words', async (t) => {
  const wrong = join(folder, 'wrong.yaml')
  writeFileSync(wrong, 'collectors: 1\n')
  for (const collector of withPage) {
    const refused = (options: object, exit: number, why: RegExp) =>
      t.rejects(async () => viewOf(collector, { config, ...options }), {
        name: 'Refusal',
        exit,
        message: why,
      })
    await refused({ config: wrong }, 78, /^invalid config: 1 error\n/)
    await refused({ at: 'soon' }, 3, /^--at soon: invalid time/)
    await refused({ node: folder }, 3, /no recorded node/)
  }
})

t.test('a recorded node is judged by a round of its own, at its time or another', async (t) => {
  const node = join(nodes, 'healthy')
  for (const collector of withPage) {
    const view = await viewOf(collector, { config, node })
    t.match(view, { source: 'recording', node: 'node1', findings: [], problem: undefined }, collector.name)
    t.equal(exitCode(stateOf(view)), 0)
  }
  const later = await viewOf(named('certs'), { config, node, at: '2027-12-01T00:00:00Z' })
  t.match(later.findings[0], { code: 'certs.expired', seen: Date.parse('2027-12-01T00:00:00Z') })
  t.equal(stateOf(later), 'critical')
})

t.test(
  'whoever may not ask the daemon is told so, and nothing is judged by what they see',
  { skip: notRoot },
  async (t) => {
    const closed = join(folder, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const own = '/tmp/murphy-page-closed.yaml'
    writeFileSync(own, `state_dir: ${closed}\nsocket: ${closed}/agent.sock\n`, { mode: 0o644 })
    t.teardown(() => spawnSync('rm', ['-f', own]))
    const ran = spawnSync(process.execPath, [main, '--config', own, 'network'], {
      ...{ encoding: 'utf8', uid: 65_534, gid: 65_534, timeout: 60_000 },
    })
    t.equal(ran.status, 3, ran.stderr)
    t.match(ran.stderr, /^agent: No permission to ask Murphy/)
  },
)
