import { printed } from '../../config/config.ts'
import { jsonSchema } from '../../config/schema.ts'
import { type Common, collectors, type Exit, print, settings, sinks } from './common.ts'

/** Whether the settings are right; everything that is not, at once. */
export function configCheck(options: Common): Exit {
  const config = settings(options, { secrets: 'look', needed: true })
  const told =
    config.sinks.length === 0
      ? 'no sink: nobody is told'
      : `told by ${config.sinks.map((it) => it.name).join(', ')}`
  print(`${config.file ?? 'no settings file: defaults'}: all right (${told})\n`)
  return 0
}

/** The settings as Murphy goes by them, secrets hidden. */
export function configPrint(options: Common): Exit {
  print(printed(settings(options, { needed: true }), sinks))
  return 0
}

/** JSON Schema of the settings file, for editors. */
export function configSchema(): Exit {
  print(`${JSON.stringify(jsonSchema(collectors, sinks), null, 2)}\n`)
  return 0
}
