import t from 'tap'
import { HostError } from '../../../agent/model/index.ts'
import type { Unjudged } from '../../../collectors/pods/sample.ts'
import { stillUnjudged, unseenOf } from '../../../collectors/pods/unjudged.ts'

const pod = (name: string) => ({ namespace: 'shop', name, container: 'app' })
const of = (name: string, until: number, pattern = 'torn'): Unjudged => ({
  code: 'pods.log-says',
  subject: `shop/${name}/app ${pattern}`,
  pod: pod(name),
  until,
})
const nothing = { failed: [], left: [], bytes: 0, lost: [], waiting: [] }

t.test('for as long as it would have stood, or its log is not read', async (t) => {
  const still = (it: Unjudged, missed = {}, judged: readonly string[] = []) =>
    stillUnjudged([it], [], new Set(judged), { ...nothing, ...missed }, 100).length === 1
  t.ok(still(of('web', 101)))
  t.notOk(still(of('web', 100)))
  t.ok(still(of('web', 0), { left: [pod('web')] }))
  t.ok(still(of('web', 0), { waiting: [pod('web')] }))
  t.ok(still(of('web', 0), { failed: [{ pod: pod('web'), error: 1 }] }))
  t.notOk(still(of('web', 0), { left: [pod('other')] }))
  t.notOk(still(of('web', 200), {}, ['shop/web/app torn']))
  const loop: Unjudged = { code: 'pods.crash-looping', subject: 'shop/web/app', pod: pod('web'), until: 0 }
  t.notOk(still(loop, { left: [pod('web')] }), 'restarts are seen without reading')
  t.ok(still(loop, { waiting: [pod('web')] }))
  t.strictSame(
    stillUnjudged([of('web', 150)], [of('web', 300)], new Set(), nothing, 100).map((it) => it.until),
    [300],
    'once each',
  )
})

t.test('what is said of it, with names, and what is not over', async (t) => {
  t.strictSame(unseenOf(nothing, [], 3), [])
  const names = Array.from({ length: 8 }, (_, at) => pod(`web-${at}`))
  const waiting = unseenOf({ ...nothing, waiting: names }, [of('web-1', 1)], 508)
  t.strictSame(waiting, [
    {
      what: 'the logs of 8 containers',
      why: 'of 508 containers one round reads 500; later, in turn, shop/web-0/app, shop/web-1/app, shop/web-2/app, shop/web-3/app, shop/web-4/app and 3 more',
      codes: ['pods.log-says', 'pods.crash-looping'],
      subjects: ['shop/web-1/app torn'],
      names: names.map((it) => `shop/${it.name}/app`),
    },
  ])
  const many = Array.from({ length: 1500 }, (_, at) => pod(`p-${at}`))
  for (const missed of [
    { left: many },
    { lost: many },
    { waiting: many },
    { failed: many.map((it) => ({ pod: it, error: new Error('no') })) },
  ])
    t.equal(
      unseenOf({ ...nothing, ...missed }, [], 2000)[0]?.names?.length,
      1000,
      'as many as a node can have',
    )
  t.match(unseenOf({ ...nothing, left: [pod('web')], bytes: 3 << 20 }, [of('web', 1), of('db', 1)], 2), [
    {
      what: 'the log of shop/web/app',
      why: /more was logged than one round may read: 3 MiB left for the next round, of shop\/web\/app$/,
      codes: ['pods.log-says'],
      subjects: ['shop/web/app torn'],
    },
    { what: 'what is wrong with 1 container', subjects: ['shop/db/app torn'] },
  ])
  t.match(unseenOf({ ...nothing, lost: [pod('web')] }, [], 2), [
    { why: /deleted before it was read/, subjects: [] },
  ])
  const error = new HostError('unrecorded', 'not in the recording')
  t.match(unseenOf({ ...nothing, failed: names.map((it) => ({ pod: it, error })) }, [], 8), [
    { why: 'not in the recording; and 7 more logs', unrecorded: true },
  ])
})

t.test('beyond a bound nothing of these codes is over', async (t) => {
  const many = Array.from({ length: 2001 }, (_, at) => of('web', 1, `p${at}`))
  const [said] = unseenOf(nothing, many, 1)
  t.strictSame(said?.codes, ['pods.log-says', 'pods.crash-looping'])
  t.equal(said?.subjects, undefined)
})
