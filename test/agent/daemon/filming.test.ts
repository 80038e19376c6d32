import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { parseConfig } from '../../../agent/config/config.ts'
import { startDaemon } from '../../../agent/daemon/daemon.ts'
import { filming, headOf } from '../../../agent/daemon/filming.ts'
import type { Log } from '../../../agent/daemon/log.ts'
import { openCamera } from '../../../agent/film/camera.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { type Collector, collector, opaque, type Sample } from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'
import { rule } from '../findings.ts'

interface Lines extends Sample {
  readonly text: string
}

/** Reads a file in its first round alone, as collectors do with what has not changed. */
const once = (file: string): Collector =>
  opaque(
    collector({
      ...{ name: 'once', title: 'once', every: '0 0 0 1 1 *', timeout: 2000 },
      rules: { 'once.bad': rule({}) },
      settings: { word: { type: 'string', description: 'a word', default: 'token=pl4nted-word' } },
      async collect(host, _, past): Promise<Lines> {
        await host.stat(file)
        return { text: (past.sample as Lines | undefined)?.text ?? (await host.text(file)) }
      },
      assess: () => [],
      summary: ({ text }) => text,
      watch: () => [{ kind: 'paths', paths: [join(file, '..')] }],
    }),
  )

const log: Log = { debug() {}, info() {}, warn() {}, error() {} }

async function running(t: Test, more = {}) {
  const folder = t.testdir({ watched: { file: 'hello' }, state: {} })
  const file = join(folder, 'watched/file')
  const collectors = [once(file)]
  const config = parseConfig('node: n1', { file: 'test', collectors, sinks: [] })
  const machine = openMachine()
  const camera = openCamera()
  const daemon = startDaemon({
    ...{ config, collectors, sinks: [], machine, log, version: '1', camera },
    store: openStore(join(folder, 'state'), Date.now()),
  })
  await daemon.ready
  t.teardown(async () => {
    await daemon.stop()
    machine.close()
  })
  return { file, films: filming({ camera, config, collectors, machine, version: '1', ...more }) }
}

async function fetched(films: ReturnType<typeof filming>, id: number) {
  let all = ''
  for (let count = 0; count < 500 && !all.includes('{"end"'); count += 1) {
    all += films.fetch(id) ?? ''
    await sleep(10)
  }
  return all
    .trimEnd()
    .split('\n')
    .map((it) => JSON.parse(it))
}

t.test('a film of a daemon that runs begins with all that its collectors ask for', async (t) => {
  const { file, films } = await running(t)
  const id = films.begin(2000, false)
  t.throws(() => films.begin(2000, false), /being made already/)
  await sleep(300)
  const { utimesSync } = await import('node:fs')
  utimesSync(file, 1, 1)
  const all = await fetched(films, id)
  t.match(all[0], { film: 1, node: 'n1', murphy: '1', collectors: { once: { enabled: true } } })
  t.notMatch(JSON.stringify(all[0]), /pl4nted/)
  t.match(all[1], { round: 'once', heard: [] })
  t.match(JSON.stringify(all[1].answers), /hello/, 'the daemon itself would not have read it again')
  t.ok(
    all.some((it) => it.heard?.length > 0),
    'and then what the daemon itself heard and saw',
  )
  t.match(all.at(-1), { end: 'time' })
  t.equal(films.fetch(id + 1), undefined)
})

t.test('a film is ended by whoever asked for it, or when nobody fetches it', async (t) => {
  const { films } = await running(t, { patience: 300 })
  const id = films.begin(60_000, false)
  await films.end(id + 1)
  await films.end(id)
  t.match((await fetched(films, id)).at(-1), { end: 'stopped' })
  const next = films.begin(60_000, false)
  await sleep(800)
  t.match(films.fetch(next), /^\{"end":"slow","at":\d+\}\n$/, 'it is forgotten, but for its end')
  t.equal(films.fetch(next), undefined, 'nothing comes any more, and whoever asks is told so')
  const last = films.begin(60_000, false)
  await films.end(last)
})

t.test('a film has a length', async (t) => {
  const { films } = await running(t)
  for (const length of [0, -1, Number.NaN, 1e12]) t.throws(() => films.begin(length, false), /a film lasts/)
})

t.test('collectors that are off are not filmed', async (t) => {
  const collectors = [once('/x')]
  const config = parseConfig('collectors: { once: { enabled: false } }', {
    file: 'test',
    collectors,
    sinks: [],
  })
  t.match(headOf({ config, collectors, version: '1' }, true), {
    logs: true,
    collectors: { once: { enabled: false } },
  })
})
