import type { Sink } from '../../model/index.ts'
import { alertmanager } from './alertmanager.ts'
import { apprise } from './apprise.ts'
import { discord } from './discord.ts'
import { email } from './email.ts'
import { gotify } from './gotify.ts'
import { matrix } from './matrix.ts'
import { ntfy } from './ntfy.ts'
import { slack } from './slack.ts'
import { telegram } from './telegram.ts'
import { webhook } from './webhook.ts'

/** All kinds of sinks. */
export const sinks: readonly Sink[] = [
  discord,
  ntfy,
  telegram,
  slack,
  matrix,
  gotify,
  apprise,
  email,
  webhook,
  alertmanager,
]
