import t from 'tap'
import { journalOf, kernelRecord } from '../../../../agent/host/redaction/logs.ts'

t.test("the kernel's own records stay, others' go", async (t) => {
  for (const own of [
    '6,1,2,-;usb 1-1: new',
    '3,9,9,-,caller=T1;Out of memory: Killed process 7 (x) total-vm:1kB',
  ])
    for (const others of [false, true]) t.equal(kernelRecord(own, others), own)
  t.equal(kernelRecord('30,5,2,-;a word\n KEY=word', false), '30,5,2,-;<removed>')
  t.equal(kernelRecord('30,5,2,-;a word, pw=x', true), '30,5,2,-;a word, pw=<removed>')
  t.equal(kernelRecord('no record of a word', false), '<removed>')
  for (const line of [
    'Kernel command line: word',
    'audit: type=1309 audit(1.0:1): a0="word"',
    'Unknown kernel command line parameters "word", will be passed to user space.',
    '    WORD=word',
  ])
    t.equal(kernelRecord(`5,1,2,-;${line}`, false), '5,1,2,-;<removed>')
})

t.test('a journal keeps when and of what kind', async (t) => {
  const entry = {
    MESSAGE: 'a word',
    SYSLOG_FACILITY: '3',
    _BOOT_ID: 'b',
    __CURSOR: 'word',
    _CMDLINE: 'word',
    MESSAGE_ID: 'a'.repeat(32),
    PRIORITY: 'word',
  }
  const kernel = { ...entry, _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', PRIORITY: '3', MESSAGE: 'panic' }
  const lines = [
    entry,
    kernel,
    // What a process wrote into the kernel's log, and one that calls itself the kernel.
    { ...kernel, SYSLOG_FACILITY: '1', MESSAGE: 'a word' },
    { ...kernel, _TRANSPORT: 'syslog', MESSAGE: 'a word' },
    { ...kernel, _TRANSPORT: undefined, MESSAGE: 'a word' },
    null,
  ]
  const same = { _BOOT_ID: 'b', MESSAGE_ID: 'a'.repeat(32) }
  const of = { ...same, PRIORITY: '3' }
  const kept = journalOf(`${lines.map((it) => JSON.stringify(it)).join('\n')}\nno word\n`, false)
  t.same(
    kept
      .trim()
      .split('\n')
      .map((it) => JSON.parse(it)),
    [
      { ...same, MESSAGE: '<removed>', SYSLOG_FACILITY: '3' },
      { ...of, MESSAGE: 'panic', SYSLOG_FACILITY: '0', _TRANSPORT: 'kernel' },
      { ...of, MESSAGE: '<removed>', SYSLOG_FACILITY: '1', _TRANSPORT: 'kernel' },
      { ...of, MESSAGE: '<removed>', SYSLOG_FACILITY: '0', _TRANSPORT: 'syslog' },
      { ...of, MESSAGE: '<removed>', SYSLOG_FACILITY: '0' },
      {},
    ],
  )
  t.match(journalOf(JSON.stringify(entry), true), /"MESSAGE":"a word"/)
})
