import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import t from 'tap'
import { parseConfig } from '../../../agent/config/config.ts'
import { startDaemon } from '../../../agent/daemon/daemon.ts'
import { openLog } from '../../../agent/daemon/log.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { openStore } from '../../../agent/state/store.ts'
import { flags } from '../../bench/unit.ts'

// Without its types, for which the process that is measured would load a compiler.
const garbage = stripTypeScriptTypes(readFileSync('agent/daemon/garbage.ts', 'utf8'))

/** What a Node.js with these flags holds before and after, MB, that kept one of a thousand of what it made. */
function around(flags: readonly string[]): { readonly before: number; readonly after: number } {
  const script = `
    import { readFileSync } from 'node:fs'
    ${garbage}
    const anonymous = () => Number(/^RssAnon:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]) / 1000
    let made = Array.from({ length: 400_000 }, (_, at) => ({ at, text: String(at) }))
    made = made.filter(({ at }) => at % 1000 === 0)
    const before = anonymous()
    giveBack()
    console.log(JSON.stringify({ before, after: anonymous() }))`
  const argv = [...flags, '--input-type=module', '--eval', script]
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' }))
}

t.test('as the unit starts it, memory is given back', async (t) => {
  const { before, after } = around(flags)
  t.ok(after < before - 10, `${before} -> ${after} MB`)
})

t.test('where Node.js does not let it be asked for, nothing happens', async (t) => {
  const { before, after } = around([])
  t.ok(after > before - 5, `${before} -> ${after} MB`)
})

t.test('it is done once an hour, when the state is tidied', async (t) => {
  const machine = openMachine()
  const store = openStore(t.testdir(), Date.now())
  const done: string[] = []
  const was = { gc: globalThis.gc, setInterval }
  const hourly: (() => void)[] = []
  t.teardown(() => Object.assign(globalThis, was))
  Object.assign(globalThis, {
    gc: () => done.push('given back'),
    setInterval(work: () => void, every: number) {
      if (every === 3_600_000) hourly.push(work)
      return was.setInterval(work, every)
    },
  })
  const daemon = startDaemon({
    config: parseConfig('node: n1', { file: 'test', collectors: [], sinks: [] }),
    ...{ collectors: [], sinks: [], machine, version: '0' },
    log: openLog({ level: 'error', write: () => {} }),
    store: { ...store, tidy: () => done.push('tidied') },
  })
  t.teardown(async () => {
    await daemon.stop()
    machine.close()
  })
  t.equal(hourly.length, 1)
  hourly[0]?.()
  t.strictSame(done, ['tidied', 'given back'])
})
