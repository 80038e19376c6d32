import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { databaseFile } from '../../../agent/state/image.ts'
import { savedView } from '../../../agent/state/saved-view.ts'
import { openStore } from '../../../agent/state/store.ts'
import { finding } from '../findings.ts'

const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const series = { name: 'a.many', from: 0 }
const now = Date.now()

t.test('nothing, and what was left', async (t) => {
  t.equal(savedView(join(folder, 'none'), 'a', series), undefined)
  const store = openStore(folder, now)
  store.saveLedger([finding({ code: 'a.thing' }), finding({ code: 'a.over', resolved: now })])
  store.saveSample('a', { unseen: [] }, now, true, 3)
  store.addPoints(now, { 'a.many': 3 })
  store.keep('a', { about: { n: 1 }, body: Buffer.from('abc') }, now)
  const running = savedView(folder, 'a', series)
  t.match(running, { findings: [{ code: 'a.thing' }] }, 'also beside a daemon that does not answer')
  store.close()
  const left = savedView(folder, 'a', series)
  t.match(left, {
    ...{ sample: { at: now, json: '{"unseen":[]}', version: 3 }, trend: [{ at: now, value: 3 }] },
    ...{ artifacts: [{ at: now, size: 3, about: { n: 1 } }], lost: undefined },
  })
  t.equal(left?.findings.length, 1, 'what is over is no finding')
  t.ok(Math.abs((left?.written ?? 0) - Date.now()) < 60_000)
  t.match(savedView(folder, 'b', { name: 'b.', from: 0 }), { sample: undefined, trend: [], artifacts: [] })
})

t.test('what is damaged is said, or thrown', async (t) => {
  const file = databaseFile(folder)
  const whole = readFileSync(file)
  const at = whole.indexOf('{"unseen":[]}')
  t.ok(at > 0)
  writeFileSync(file, Buffer.concat([whole.subarray(0, at), Buffer.from('?'), whole.subarray(at + 1)]))
  t.match(savedView(folder, 'a', series), { sample: undefined, lost: /is damaged: 1 sample of a collector/ })
  writeFileSync(file, 'no database')
  t.throws(() => savedView(folder, 'a', series))
})
