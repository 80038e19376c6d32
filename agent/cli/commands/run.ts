import { collectors, describeK3s, findNodeApi } from '../../../collectors/index.ts'
import { metricsText } from '../../api/metrics.ts'
import { makeRoom, serve } from '../../api/serve.ts'
import { startDaemon } from '../../daemon/daemon.ts'
import { type Exposing, exposing } from '../../daemon/exposing.ts'
import { filming } from '../../daemon/filming.ts'
import { goOn } from '../../daemon/last-resort.ts'
import { openLog } from '../../daemon/log.ts'
import { supervisor } from '../../daemon/systemd.ts'
import { asSink } from '../../delivery/heartbeat-sink.ts'
import { redactorOfAll } from '../../delivery/redact.ts'
import { sinks } from '../../delivery/sinks/index.ts'
import { openCamera } from '../../film/camera.ts'
import { canConfine } from '../../host/confine.ts'
import { describeMachine } from '../../host/describe.ts'
import { hardwareOf, hardwareText, type KeptHardware, keptOf } from '../../host/hardware.ts'
import { openMachine } from '../../host/machine.ts'
import { openStore, type Store } from '../../state/store.ts'
import { commandOf } from '../../text/terminal.ts'
import { renderStatus } from '../render/status.ts'
import { readVersion } from '../version.ts'
import { type Common, type Exit, Refusal } from './common.ts'
import { here, show } from './output.ts'
import { settings } from './settings.ts'

/** Under which name the state keeps what machine this is; no collector is called so. */
const hardwareSample = '@hardware'

const refuse = (error: unknown): never => {
  throw new Refusal((error as Error).message, 3, { cause: error })
}

/** Watches until told to stop. At a terminal it shows the first status and then what changes. */
export async function run(common: Common): Promise<Exit> {
  const config = settings(common, { secrets: 'read', needed: true })
  const version = readVersion()
  // Under systemd JSON goes to the journal; otherwise a person reads the log.
  const plain = !process.env.JOURNAL_STREAM
  const hide = redactorOfAll([
    ...config.sinks.flatMap(({ type, settings: given }) => {
      const sink = sinks.find(({ name }) => name === type)
      return sink ? [{ sink, settings: given }] : []
    }),
    ...config.heartbeats.map((it) => asSink(it.settings)),
  ])
  const log = openLog({ level: config.logLevel, plain, hide })
  goOn(log)
  // Two agents must not write to one state file.
  await makeRoom(config.socket).catch(refuse)
  const store = openStore(config.stateDir, Date.now())
  const machine = openMachine()
  const system = supervisor()
  let description = ''
  let cover: Exposing | undefined

  const camera = openCamera()
  const daemon = startDaemon({
    ...{ config, collectors, sinks, machine, store, log, version, camera, findNodeApi },
    describe: () => description,
    exposed: () => cover?.state() ?? [],
  })
  const { snapshot, numbers, silence } = daemon
  const films = filming({ camera, config, collectors, machine, version })
  const server = await serve({ socket: config.socket, snapshot, numbers, store, silence, films }).catch(
    async (error) => {
      await daemon.stop()
      machine.close()
      return refuse(error)
    },
  )
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
  const problem = store.problem()
  log.info(
    { version, socket: config.socket, state: config.stateDir },
    `Murphy ${version} watches ${config.node}`,
  )
  if (!canConfine)
    log.warn(
      {},
      '/usr/bin/setpriv is missing, so commands run with all capabilities of Murphy; install util-linux and restart Murphy',
    )
  if (problem) log.warn({}, problem)
  const loss = store.loss()
  if (loss) log.warn({}, loss.text)

  cover = exposing({ config, log, metrics: () => metricsText(snapshot(), numbers()) })
  await Promise.race([daemon.ready, stopped])
  system.ready()
  const host = machine.during(AbortSignal.timeout(20_000))
  const k3s = await Promise.race([describeK3s(host).catch(() => ''), stopped.then(() => '')])
  const describe = (hardware = '') => {
    description = [k3s, hardware, describeMachine()].filter(Boolean).join(', ')
  }
  const leaveHardware = learnHardware(store, describe)
  if (plain) {
    const terminal = here(common)
    show(`\n${renderStatus(daemon.snapshot(), terminal)}\n`, terminal)
    log.info({}, `watching; see \`${commandOf(terminal)} status\` (socket ${config.socket}); Ctrl-C ends it`)
  }
  const signal = await stopped
  leaveHardware()
  system.stopping()
  log.info({}, `${signal}: stopping`)
  server.close()
  cover.stop()
  await daemon.stop()
  machine.close()
  system.stop()
  return 0
}

/**
 * Says what the machine is made of, as kept from before and once it is known for this boot, and keeps that. Nobody waits
 * for it: it takes seconds, and nothing is judged by it. Returns what has to be called before the store is closed.
 */
function learnHardware(store: Store, say: (hardware?: string) => void): () => void {
  const kept = keptOf(store.sample(hardwareSample, 1)?.sample)
  say(kept && hardwareText(kept.hardware))
  let ended: boolean = false
  const keep = (it: KeptHardware) => {
    if (!ended) store.saveSample(hardwareSample, it, Date.now(), true, 1)
  }
  void hardwareOf(kept, keep).then((it) => it && say(hardwareText(it)))
  return () => {
    ended = true
  }
}
