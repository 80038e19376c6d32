import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { parseConfig } from '../../../agent/config/config.ts'
import { filmHere } from '../../../agent/daemon/own-film.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { collector, opaque, type Sample } from '../../../agent/model/index.ts'

const uptime = opaque(
  collector({
    ...{ name: 'uptime', title: 'uptime', every: '* * * * * *', timeout: 2000, rules: {}, settings: {} },
    async collect(host): Promise<Sample & { text: string }> {
      return { text: await host.text('/proc/uptime') }
    },
    assess: () => [],
    summary: ({ text }) => text,
  }),
)
const config = parseConfig('node: n1', { file: 'test', collectors: [uptime], sinks: [] })

// Its own, as other tests film too.
process.env.TMPDIR = t.testdir()
const folders = () => readdirSync(tmpdir()).filter((it) => it.startsWith('murphy-film-'))

async function filmed(length: number, stopped: Promise<void>, full = Number.POSITIVE_INFINITY) {
  const machine = openMachine()
  const lines: string[] = []
  try {
    await filmHere({
      ...{ config, collectors: [uptime], machine, version: '1', length, logs: false, stopped },
      write(line) {
        if (lines.length >= full) throw new Error('no space left')
        return lines.push(line) > 0
      },
      faulty: (text) => t.fail(text),
    })
  } finally {
    machine.close()
  }
  return lines.map((it) => JSON.parse(it))
}

t.test('rounds of its own, by the same schedule, and nothing left behind', async (t) => {
  const before = folders()
  const all = await filmed(2_500, new Promise(() => {}))
  t.match(all[0], { film: 1, node: 'n1' })
  const rounds = all.filter((it) => it.round === 'uptime')
  t.ok(rounds.length >= 3, `${rounds.length}`)
  t.match(rounds[0].answers, [['read /proc/uptime', /\d/]])
  t.match(all.at(-1), { end: 'time' })
  t.strictSame(folders(), before)
})

t.test('whoever asked for it can end it', async (t) => {
  const begun = performance.now()
  const all = await filmed(
    60_000,
    sleep(200).then(() => {}),
  )
  t.match(all.at(-1), { end: 'stopped' })
  t.ok(performance.now() - begun < 10_000)
})

for (const full of [0, 1, 2])
  t.test(`a disk that is full after ${full} lines ends it, and nothing is left behind`, async (t) => {
    const before = folders()
    const begun = performance.now()
    await t.rejects(filmed(60_000, new Promise(() => {}), full), { message: 'no space left' })
    t.ok(performance.now() - begun < 10_000)
    t.strictSame(folders(), before)
  })
