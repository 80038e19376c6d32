import type { Sink } from '../../model/index.ts'
import { discord } from './discord.ts'
import { ntfy } from './ntfy.ts'
import { webhook } from './webhook.ts'

/** Every place where people can be told. */
export const sinks: readonly Sink[] = [discord, ntfy, webhook]
