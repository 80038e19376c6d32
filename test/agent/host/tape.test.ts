import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import { openFolder } from '../../../agent/host/recording-folder.ts'
import { emptyFacts, named, noted, said, type Tape, why } from '../../../agent/host/tape.ts'
import { HostError } from '../../../agent/model/index.ts'

const machine = openMachine()
t.teardown(() => machine.close())
const tapeIn = (folder: string): Tape => ({
  host: machine.during(new AbortController().signal),
  written: openFolder(folder),
  withLogs: false,
  resolve: async (path) => path,
  facts: emptyFacts(),
  kernel: undefined,
})

t.test('an answer is noted before it is given on, unchanged', async (t) => {
  const tape = tapeIn(t.testdir())
  const answer = { port: 1 }
  const notes: unknown[] = []
  const given = await noted(
    tape,
    'list /x',
    async () => answer,
    async (it) => {
      await new Promise((resolve) => setImmediate(resolve))
      notes.push(it)
    },
  )
  t.equal(given, answer)
  t.equal(notes[0], answer)
  t.strictSame(tape.facts, emptyFacts(), 'no error')
})

t.test(
  "an error of the machine is an answer too, without its secrets; a mistake is not the node's",
  async (t) => {
    const tape = tapeIn(t.testdir())
    const error = new HostError('denied', 'asked with --token s3cr3t: no')
    const failing = (what: Error) => async () => {
      throw what
    }
    const note = () => {
      t.fail('there is nothing to note')
    }
    await t.rejects(noted(tape, 'read /x', failing(error), note), error, 'whoever asks sees it as it is')
    await t.rejects(noted(tape, 'read /y', failing(new TypeError('mistake')), note), { message: 'mistake' })
    t.strictSame(Object.keys(tape.facts.errors), ['read /x'])
    t.strictSame(tape.facts.errors['read /x'], why(error))
    t.equal(why(error)[0], 'denied')
    t.notMatch(why(error)[1], /s3cr3t/)
    await t.rejects(
      noted(tape, 'read /z', async () => 1, failing(new HostError('failed', 'no room to write'))),
      { message: 'no room to write' },
      'a recording that lacks an answer must not look whole',
    )
  },
)

t.test('two recordings share nothing', async (t) => {
  const facts = emptyFacts()
  facts.lists['/x'] = []
  t.strictSame(emptyFacts().lists, {})
})

t.test('names that people gave are kept without what is secret in them', async (t) => {
  const folder = '/srv/password=s3cr3t'
  t.strictSame(named({ '/etc': 1, [folder]: 2 }), { '/etc': 1, [said(folder)]: 2 })
  t.notMatch(said(folder), /s3cr3t/)
})
