import { serve } from '../../../agent/api/serve.ts'
import { settings } from '../../../agent/cli/commands/settings.ts'
import { startDaemon } from '../../../agent/daemon/daemon.ts'
import { openLog } from '../../../agent/daemon/log.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { openStore } from '../../../agent/state/store.ts'
import { collectors } from '../../../collectors/index.ts'
import { withAged } from '../aged.ts'

/**
 * Runs inside a node: the whole daemon by the settings of the first argument. The other arguments are the processes of k3s
 * that count as started a while ago, as a test has no minutes to wait until k3s is judged.
 */
const [file = '', ...pids] = process.argv.slice(2)
const config = settings({ config: file }, { secrets: 'read', needed: true })
const store = openStore(config.stateDir, Date.now())
const machine = withAged(openMachine(), pids.map(Number))
const log = openLog({ level: config.logLevel, plain: false, hide: (text) => text })
const daemon = startDaemon({ config, collectors, sinks, machine, store, log, version: 'test' })
const { snapshot, silence } = daemon
const server = await serve({ socket: config.socket, snapshot, store, silence })
process.once('SIGTERM', async () => {
  server.close()
  await daemon.stop()
  machine.close()
})
