import { existsSync, readFileSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import { ofFiles } from '../../../agent/host/record-files.ts'
import { openFolder } from '../../../agent/host/recording-folder.ts'
import { emptyFacts, type Tape } from '../../../agent/host/tape.ts'

const machine = openMachine()
t.teardown(() => machine.close())

/** A tape of this machine over a new folder, and what is in that of a file. */
function tapeIn(folder: string, more: Partial<Tape> = {}) {
  const tape: Tape = {
    host: machine.during(new AbortController().signal),
    written: openFolder(folder),
    withLogs: true,
    resolve: realpath,
    facts: emptyFacts(),
    kernel: undefined,
    ...more,
  }
  return { tape, files: ofFiles(tape), kept: (path: string) => join(folder, 'files', path) }
}

t.test('a file is kept where it really is, without secrets, under every name it was asked for', async (t) => {
  const root = realpathSync(t.testdir({ node: { conf: 'token: s3cr3t\nport: 1\n' } }))
  const conf = join(root, 'node/conf')
  const link = join(root, 'node/link')
  symlinkSync('conf', link)
  const { tape, files, kept } = tapeIn(join(root, 'recorded'))
  t.equal(await files.text(link), 'token: s3cr3t\nport: 1\n', 'who asks sees it as it is')
  t.equal(readFileSync(kept(conf), 'utf8'), 'token: "<removed>"\nport: 1\n')
  t.equal(readlinkSync(kept(link)), conf, 'as on the node')
  t.equal(await files.target(link), 'conf')
  await t.rejects(files.read(join(root, 'none')), { code: 'missing' })
  t.equal(tape.facts.errors[`read ${join(root, 'none')}`]?.[0], 'missing')
})

t.test(
  'of a file that a user named, its state is kept too, and its bytes only where they were read',
  async (t) => {
    const root = realpathSync(t.testdir({ seen: 'a: 1\n', skipped: 'b: 2\n' }))
    const { tape, files, kept } = tapeIn(join(root, 'recorded'))
    const [seen, skipped] = [join(root, 'seen'), join(root, 'skipped')]
    await files.owned(seen)
    t.equal(readFileSync(kept(seen), 'utf8'), 'a: 1\n')
    t.strictSame(await files.owned(skipped, { unless: () => true }), { stat: tape.facts.stats[skipped] })
    t.notOk(existsSync(kept(skipped)))
    t.match(tape.facts.stats, { [seen]: { size: 5 }, [skipped]: { size: 5 } })
  },
)

t.test('of a file that is gone by the time one asks where it is, nothing is kept', async (t) => {
  const root = realpathSync(t.testdir({ conf: 'port: 1\n' }))
  const conf = join(root, 'conf')
  const gone = async () => {
    throw new Error('ENOENT')
  }
  const { files, kept } = tapeIn(join(root, 'recorded'), { resolve: gone })
  await files.read(conf)
  t.equal(readFileSync(kept(conf), 'utf8'), '<removed>\n', 'it may have been a link to anything')
})

t.test('what is read in parts is a log, whose text is left out unless it is asked for', async (t) => {
  const text = 'first\npassword: swordfish-and-more\nlast\n'
  const root = realpathSync(t.testdir({ log: text }))
  const log = join(root, 'log')
  const without = tapeIn(join(root, 'without'), { withLogs: false })
  await without.files.range(log, 6, 100)
  t.notOk(existsSync(without.kept(log)))
  t.match(without.tape.facts.errors[`read ${log}`], ['unrecorded', /`agent record --logs` keeps it$/])
  const { files, kept } = tapeIn(join(root, 'with'))
  await files.range(log, 6, text.length - 6)
  const found = readFileSync(kept(log), 'latin1')
  t.equal(found.length, text.length, 'what follows a secret stays where it is in the file')
  t.match(found, /^\0{6}password: /)
  t.notMatch(found, /swordfish/)
  t.ok(found.endsWith('\n'))
})
