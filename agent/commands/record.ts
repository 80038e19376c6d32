import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { openMachine } from '../host.ts'
import { recording } from '../record.ts'
import { look } from './check.ts'
import { type Common, type Exit, print, Refusal, settings } from './common.ts'

/** Writes the present node to a folder, with all that the collectors read and without secrets. */
export async function record(folder: string, options: Common): Promise<Exit> {
  const config = settings(options)
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Refusal(
      `${folder} is not empty; name a folder that is new, so that nothing old is taken for this node's`,
    )
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const machine = openMachine()
  const host = recording(machine.during(AbortSignal.timeout(120_000)), folder, config.node)
  const snapshot = await look(host, config.node, (name) => config.collectors[name])
  host.finish()
  machine.close()
  const unseen = snapshot.collectors.flatMap((it) => it.unseen.map(({ why }) => `  not seen: ${why}\n`))
  print(
    `${config.node} is recorded in ${folder}. Private keys, tokens and passwords were left out; look through it before you pass it on.\n`,
  )
  print(unseen.join(''))
  print(`Look at it: agent check --node ${folder}\n`)
  return 0
}
