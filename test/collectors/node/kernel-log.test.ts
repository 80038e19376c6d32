import t from 'tap'
import { comm, form, harmless, logRecord, unescaped } from '../../../collectors/node/kernel-log.ts'
import { recorded } from '../memory/records.ts'

t.test('a record as 6.18 gives it', async (t) => {
  const text = recorded[96] ?? ''
  t.match(logRecord(text), {
    sequence: 805,
    uptime: 2938093204,
    continues: false,
    text: /^oom-kill:constraint=CONSTRAINT_MEMCG,/,
  })
  t.equal(recorded.length, 1727)
  t.notOk(recorded.map(logRecord).includes(undefined), 'every recorded line is a record')
})

t.test('only facility 0 is the kernel', async (t) => {
  for (const priority of [0, 3, 6, 7]) t.equal(logRecord(`${priority},1,2,-;x`)?.text, 'x', `${priority}`)
  for (const priority of [8, 11, 12, 30, 46])
    t.same(
      logRecord(`${priority},1,2,-;x`),
      { sequence: 1, uptime: 2, continues: false },
      `${priority}: what a process wrote is not even given`,
    )
})

t.test('pieces, later fields, and lines below', async (t) => {
  t.equal(logRecord('6,1,2,c;more')?.continues, true)
  t.equal(logRecord('6,1,2,+;more')?.continues, true, 'before Linux 4.10')
  t.same(
    logRecord('6,1,2,-,caller=T123;usb 1-1: new\n SUBSYSTEM=usb\n DEVICE=c189:2'),
    { sequence: 1, uptime: 2, continues: false, text: 'usb 1-1: new' },
    'the names of callers and of devices are no text',
  )
})

t.test('what is no record', async (t) => {
  for (const text of ['', 'text', '6,1;x', '6,x,2,-;x', '-1,1,2,-;x', '6,1,2,-', `${'6,'.repeat(200)};x`])
    t.equal(logRecord(text), undefined, text.slice(0, 20))
})

t.test('escapes are undone once', async (t) => {
  t.equal(unescaped('murphy \\xc3\\xa9 \\x5c tab\\x09end'), 'murphy é \\ tab\tend')
  t.equal(unescaped('run-r1\\x5cx2dx.scope'), 'run-r1\\x2dx.scope', 'a unit name keeps its own escape')
  t.equal(unescaped('\\xzz \\x4'), '\\xzz \\x4')
})

t.test('names are made harmless', async (t) => {
  t.equal(harmless('a\\x1b[31mred\\x0a`reboot`'), 'a?[31mred??reboot?')
  t.equal(harmless('a\\xe2\\x80\\xaecba'), 'a?cba', 'the writing direction is not turned')
  t.equal(harmless('\\xff\\xfe'), '\ufffd\ufffd', 'bytes that are no text')
  t.equal(harmless('postgres: é'), 'postgres: é')
  t.equal(harmless('x'.repeat(1000), 10), `${'x'.repeat(9)}…`)
})

t.test('a form is the whole line, and a name 15 bytes', async (t) => {
  const said = form(String.raw`(${comm})\[(\d+)\]: segfault`)
  t.same(said.exec('a b:(c)\\x0a[7]: segfault')?.slice(1), ['a b:(c)\\x0a', '7'])
  t.ok(said.test(`${'\\x0a'.repeat(15)}[7]: segfault`))
  for (const line of [
    `${'\\x0a'.repeat(16)}[7]: segfault`,
    `${'a'.repeat(16)}[7]: segfault`,
    'a\\[7]: segfault',
    'a[7]: segfault\n',
    'a[7]: segfault at',
  ])
    t.notOk(said.test(line), line)
})
