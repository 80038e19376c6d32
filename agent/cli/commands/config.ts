import { collectors } from '../../../collectors/index.ts'
import { printed } from '../../config/printed.ts'
import { jsonSchema } from '../../config/schema.ts'
import { readWebConfig } from '../../config/web-config.ts'
import { circle } from '../../core/cascade.ts'
import { sinks } from '../../delivery/sinks/index.ts'
import type { Rules } from '../../model/index.ts'
import { safe } from '../../text/sanitize.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { settings, wrongSettings } from './settings.ts'

/** Checks the settings, listing all errors at once, and that no rules cause one another in a circle. */
export function configCheck(options: Common): Exit {
  const config = settings(options, { secrets: 'look', needed: true })
  mustHaveRoots(allRules())
  const { webConfig } = config.metrics
  if (webConfig !== undefined) mustBeUsable(webConfig)
  const reached =
    config.sinks.length === 0
      ? 'no sink: nobody is notified'
      : `sinks: ${config.sinks.map((it) => it.name).join(', ')}`
  print(`${config.file ?? 'no config file, defaults'}: valid (${reached})\n`)
  return 0
}

/** Throws a Refusal if the agent could not protect its metrics by this file. */
function mustBeUsable(file: string): void {
  try {
    readWebConfig(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === undefined ? message : `${file}: cannot be read (${code})`
    throw new Refusal(`invalid metrics_web_config:\n${safe(why)}`, wrongSettings, { cause: error })
  }
}

/** Throws a Refusal if rules cause one another in a circle: no finding in it could be the cause of the incident. */
export function mustHaveRoots(rules: Rules): void {
  const codes = circle(rules)
  if (codes)
    throw new Refusal(
      `bug in Murphy, not in the config; please report it: rules cause one another in a circle: ${codes.join(' because of ')}`,
    )
}

/** Prints the settings in force as a file that `config check` takes, with a word where it hides a secret. */
export function configPrint(options: Common): Exit {
  const config = settings(options, { needed: true })
  const text = printed(config, sinks)
  const note = /_credential: hidden$/m.test(text)
    ? '# A secret in the settings themselves is hidden: `hidden` is no credential of yours.\n'
    : ''
  print(`# The settings in force${config.file ? `, from ${config.file}` : ''}.\n${note}${text}`)
  return 0
}

/** JSON Schema of the settings file, for editors. */
export function configSchema(): Exit {
  print(`${JSON.stringify(jsonSchema(collectors, sinks), null, 2)}\n`)
  return 0
}
