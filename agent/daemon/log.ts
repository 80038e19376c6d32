import pino, { type DestinationStream } from 'pino'
import { safe } from '../text/sanitize.ts'

/** The log as the rest of Murphy sees it. */
export interface Log {
  debug(fields: object, text: string): void
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

/** Keys that may hold a secret, at any depth: whoever knows a webhook's URL may post to it. */
const secret = new Set(['url', 'token', 'password', 'secret', 'authorization'])
/** How deep fields are logged; what is deeper is left out. */
const deepest = 6

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** Lines for a person at a terminal instead of JSON for the journal. */
  readonly plain?: boolean
  /** Removes the secrets of the settings from a text: an error or a server's reply may quote one. */
  readonly hide?: (text: string) => string
  readonly write?: (line: string) => void
}

/** JSON lines on stdout for journald, or plain lines for a terminal. No secret is in any of them. */
export function openLog({
  level,
  plain = false,
  hide = (text) => text,
  write = (line) => process.stdout.write(line),
}: LogOptions): Log {
  const destination: DestinationStream = { write: plain ? (line) => write(plainLine(line)) : write }
  const lines = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  // Before it becomes JSON: there a secret may be escaped, and a short one may match part of the syntax.
  const at = (name: LogOptions['level']) => (fields: object, text: string) => {
    if (lines.isLevelEnabled(name)) lines[name](hidden(fields, hide, deepest) as object, hide(text))
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Fields without secrets, by their keys and by what they hold. Errors become plain objects for the journal. */
function hidden(value: unknown, hide: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return hide(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '…'
  if (value instanceof Error) {
    const { name, message, stack, cause, code } = value as Error & { code?: unknown }
    return hidden({ type: name, message, stack, ...(code !== undefined && { code }), cause }, hide, depth - 1)
  }
  if (Array.isArray(value)) return value.map((it) => hidden(it, hide, depth - 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, it]) => [
      hide(key),
      secret.has(key.toLowerCase()) ? '<hidden>' : hidden(it, hide, depth - 1),
    ]),
  )
}

/** `03:12:07 warn  text`, with control characters made visible: names in it come from outside. */
function plainLine(json: string): string {
  const { time, level, msg } = JSON.parse(json) as { time: string; level: string; msg: string }
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${safe(msg).replaceAll('\n', ' ')}\n`
}
