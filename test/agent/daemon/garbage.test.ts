import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { flags } from '../../bench/unit.ts'

const garbage = pathToFileURL('agent/daemon/garbage.ts').href

/** What a Node.js with these flags holds before and after, MB, that kept one of a thousand of what it made. */
function around(flags: readonly string[]): { readonly before: number; readonly after: number } {
  const script = `
    import { readFileSync } from 'node:fs'
    import { giveBack } from '${garbage}'
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
