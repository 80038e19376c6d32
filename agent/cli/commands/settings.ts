import { collectors } from '../../../collectors/index.ts'
import { type Config, ConfigError, loadConfig } from '../../config/config.ts'
import { installed } from '../../config/places.ts'
import type { Secrets } from '../../config/secrets.ts'
import { sinks } from '../../delivery/sinks/index.ts'
import { Refusal } from '../../model/index.ts'
import { many } from '../../text/lists.ts'
import { ownName } from '../../text/own-name.ts'
import { safe } from '../../text/sanitize.ts'
import type { Common } from './common.ts'

/** EX_CONFIG of sysexits.h. The unit does not restart on it, because only a person can correct the config. */
export const wrongSettings = 78

export interface SettingsOptions {
  /** Default `leave`: secrets are read only by commands that send messages. */
  readonly secrets?: Secrets
  /** Refuse if this user may not read the settings; commands without it then use the defaults. */
  readonly needed?: boolean
}

let said = false

/** The settings, or a Refusal with everything that is wrong with them. */
export function settings({ config }: Common, { secrets = 'leave', needed }: SettingsOptions = {}): Config {
  let places = {}
  const unreadable = (file: string) => {
    places = installed
    if (!said) process.stderr.write(`agent: ${file} is readable for root only; using defaults\n`)
    said = true
  }
  try {
    const file = config ? { file: config } : {}
    const more = { collectors, sinks, secrets, ...(!needed && { unreadable }) }
    const loaded = loadConfig({ ...file, ...more })
    const command = ownName(process.env.MURPHY_COMMAND)
    return { ...loaded, ...places, letterhead: { ...loaded.letterhead, ...(command && { command }) } }
  } catch (error) {
    if (error instanceof ConfigError)
      throw new Refusal(
        `invalid config: ${many(error.problems.length, 'error')}\n${safe(error.message)}`,
        wrongSettings,
        {
          cause: error,
        },
      )
    throw error
  }
}
