import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { describeMachine } from '../../host/describe.ts'
import { hardwareText, readHardware } from '../../host/hardware.ts'
import { openMachine } from '../../host/machine.ts'
import { recording } from '../../host/recorder.ts'
import { contents } from '../render/contents.ts'
import { look } from './check.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { here } from './output.ts'
import { settings } from './settings.ts'

export interface RecordArguments extends Common {
  /** With the text of logs. */
  readonly logs?: boolean
}

/** Writes all that the collectors read of this node, without secrets, to a folder, and lists what is in it. */
export async function record(folder: string, options: RecordArguments): Promise<Exit> {
  const config = settings(options)
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Refusal(`${folder} is not empty; name a new folder`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const machine = openMachine()
  const { logs = false } = options
  let words = ''
  const host = recording(machine.during(AbortSignal.timeout(120_000)), folder, config.node, {
    logs,
    machine: () => words,
  })
  const [snapshot, hardware] = await Promise.all([
    look(host, config.node, (name) => config.collectors[name]),
    readHardware(),
  ])
  words = [hardware && hardwareText(hardware), describeMachine()].filter(Boolean).join(', ')
  const files = host.finish()
  machine.close()
  const unseen = snapshot.collectors.flatMap((it) => it.unseen.map(({ why }) => `  unreadable: ${why}\n`))
  print(`${config.node} is recorded in ${folder}:\n\n${contents(files, here(options))}\n\n`)
  print(
    `Private keys, tokens, passwords and comments were left out${logs ? '' : ', and all log text (--logs keeps it, redacted)'}. It holds names, addresses and certificates: read it before you share it.\n`,
  )
  if (logs)
    print(
      'Logs may hold secrets that no program recognises: read files/var/log and files/dev/kmsg line by line.\n',
    )
  print(unseen.join(''))
  print(`Check it: agent check --node ${folder}\n`)
  return 0
}
