import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lastSnapshot } from '../../../agent/api/last-snapshot.ts'
import { renderStatus } from '../../../agent/cli/render/status.ts'
import { parseConfig } from '../../../agent/config/config.ts'
import { defaults } from '../../../agent/config/defaults.ts'
import { type Daemon, startDaemon } from '../../../agent/daemon/daemon.ts'
import { openLog } from '../../../agent/daemon/log.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { type Collector, collector, opaque, type Sample } from '../../../agent/model/index.ts'
import { databaseFile } from '../../../agent/state/image.ts'
import { lastFindings, lastState } from '../../../agent/state/last-state.ts'
import { openStore } from '../../../agent/state/store.ts'
import { collectors } from '../../../collectors/index.ts'
import { chance } from '../../chance.ts'
import { rule } from '../findings.ts'
import { damage, kinds } from './damage.ts'

const looked = collectors.map((it) => [it, defaults(it.settings)] as const)

/** A collector that sees much, remembers, measures and keeps, and takes any sample for what it may be. */
const subjects = Array.from({ length: 12 }, (_, at) => `prod/db-${at}`)
const busy: Collector = opaque(
  collector({
    name: 'busy',
    title: 'busy',
    every: '0 0 0 1 1 *',
    timeout: 5000,
    rules: {
      'busy.bad': rule({ severity: 'critical' }),
      'busy.worse': rule({ because: [{ code: 'busy.bad' }] }),
    },
    settings: {},
    async collect(_host, _settings, past): Promise<Sample & { readonly subjects: readonly string[] }> {
      past.keep?.({ about: { at: past.at ?? 0 }, body: Buffer.alloc(3000, 7) })
      return { subjects, unseen: [] }
    },
    assess: () => [
      ...subjects.map((subject, at) => ({
        code: 'busy.bad' as const,
        subject,
        text: `${subject} is bad.`,
        pod: { namespace: 'prod', name: subject },
        evidence: { exit: at, oom: true, last: 'x'.repeat(40) },
        fix: ['`kubectl get pods`'],
        stage: at,
      })),
      { code: 'busy.worse' as const, subject: 'node', text: 'It is worse.' },
    ],
    summary: (sample) => `${JSON.stringify(sample).length} bytes`,
    series: () => ({ bad: subjects.length, share: 0.5 }),
    deadlines: (_sample, _settings, now) => [{ what: 'disk', at: now + 1000, confidence: 'likely' }],
  }),
)

const minute = 60_000
const day = 24 * 60 * minute

/** A run of the daemon on `state`: one round, one snapshot. */
async function live(state: string, logged: string[]) {
  const store = openStore(state, Date.now())
  const daemon: Daemon = startDaemon({
    config: parseConfig('node: node1', { file: 'test', collectors: [busy], sinks }),
    collectors: [busy],
    sinks,
    machine: openMachine(),
    store,
    log: openLog({ level: 'info', write: (line) => logged.push(line) }),
    version: '0',
  })
  await daemon.ready
  const snapshot = daemon.snapshot()
  JSON.stringify(snapshot)
  renderStatus(snapshot, { color: false, width: 80 } as Parameters<typeof renderStatus>[1])
  for (const it of store.kept('busy')) store.artifact('busy', it.id)
  const found = {
    snapshot,
    loss: store.loss()?.text,
    problem: store.problem(),
    history: store.history(0),
    ledger: store.ledger(),
    told: store.told('ops'),
    silences: store.silences(),
    sample: store.sample('busy', 1),
    series: store.series('busy.bad', 0),
  }
  store.tidy(Date.now())
  await daemon.stop()
  return found
}

/** A file as a month of running leaves it. */
async function grown(state: string) {
  const before = openStore(state, Date.now() - day)
  for (let at = Date.now() - day; at < Date.now(); at += 5 * minute)
    before.addPoints(at, { 'busy.bad': 3, 'busy.share': 0.25 })
  before.tidy(Date.now() - minute)
  before.close()
  await live(state, [])
  const store = openStore(state, Date.now())
  const open = store.ledger().filter((it) => it.resolved === undefined)
  store.saveLedger([
    ...store.ledger(),
    ...open.map((it, at) => ({
      ...it,
      id: `${it.id}-${at}`,
      since: it.since - day,
      resolved: it.since - minute,
    })),
  ])
  store.note(
    'ops',
    open.map((it) => ({
      incident: it.id,
      severity: it.severity,
      findings: [it.id],
      lead: it.id,
      at: it.seen,
      reminded: it.seen,
      receipt: 'message-1',
    })),
  )
  store.sinkSince('ops', Date.now() - day)
  store.silence({
    id: 's',
    what: 'busy.worse',
    since: Date.now() - minute,
    until: Date.now() + day,
    why: 'known',
  })
  store.tidy(Date.now())
  store.close()
}

t.setTimeout(900_000)

/** Of each kind as many. `DAMAGES=600` is what to take for whoever changes how a damaged file is read. */
const cases = Number(process.env.DAMAGES ?? 240)

t.test(
  'whatever became of the state file, the agent starts, uses what is sound and says what is lost',
  { timeout: 900_000 },
  async (t) => {
    const folder = t.testdir()
    const sound = join(folder, 'sound')
    await grown(sound)
    const whole = await live(join(folder, 'sound'), [])
    t.equal(whole.loss, undefined, 'the file itself is sound')
    t.equal(whole.ledger.length, 26)
    const tallied = new Map<string, number>()
    const count = (what: string) => tallied.set(what, (tallied.get(what) ?? 0) + 1)
    const wrong: string[] = []
    for (let seed = 1; seed <= cases; seed += 1) {
      const random = chance(seed)
      const kind = kinds[seed % kinds.length] as (typeof kinds)[number]
      const state = join(folder, `case`)
      rmSync(state, { recursive: true, force: true })
      mkdirSync(state)
      for (const name of readdirSync(sound)) copyFileSync(join(sound, name), join(state, name))
      const how = `seed ${seed}, ${kind}, ${damage(databaseFile(state), kind, random)}`
      const logged: string[] = []
      try {
        // First without a daemon, which must leave the file as it is.
        try {
          const left = lastState(state, Date.now())
          if (left) lastSnapshot(left, looked, 'node1', Date.now())
          lastFindings(state, 0)
          count('read without a daemon')
        } catch (error) {
          count(`without a daemon: ${kind} ${(error as Error).message.slice(0, 60)}`)
          // A sentence for people, never a bug.
          if (error instanceof TypeError || error instanceof RangeError)
            wrong.push(`${how}: without a daemon: ${error.stack}`)
        }
        const first = await live(state, logged)
        if (first.problem) wrong.push(`${how}: ${first.problem}`)
        const lost =
          first.ledger.filter((it) => it.count > 1).length < 13 ||
          first.told.length < 13 ||
          first.silences.length < 1 ||
          first.history.length < whole.history.length
        if (lost) count(`lost something`)
        if (first.loss) count('said')
        const open = first.snapshot.incidents.filter((it) => it.resolved === undefined)
        const said = open.some((it) =>
          [it.cause, ...it.affected].some((one) => one.code === 'agent.state-lost'),
        )
        if (first.loss && !said) wrong.push(`${how}: ${first.loss}, but no agent.state-lost`)
        if (lost && !first.loss && !/told\.sink = /.test(how)) wrong.push(`${how}: lost, and not said`)
        if (lost && !first.loss) count('lost and not said')
        if (!open.some((it) => it.cause.code === 'busy.bad')) wrong.push(`${how}: it sees nothing`)
        if (first.ledger.some((it) => it.count > 1)) count('kept some findings')
        // What was set aside is not met again.
        const second = await live(state, logged)
        if (second.loss ?? second.problem) wrong.push(`${how}: again: ${second.loss ?? second.problem}`)
      } catch (error) {
        wrong.push(`${how}: ${(error as Error).stack}`)
      }
    }
    t.comment(JSON.stringify(Object.fromEntries(tallied)))
    t.strictSame(wrong, [])
  },
)
