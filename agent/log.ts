import pino, { type DestinationStream } from 'pino'

/** The log as the rest of Murphy sees it. */
export interface Log {
  debug(fields: object, text: string): void
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

/** Keys that may hold a secret wherever they stand: a webhook's URL is the permission to use it. */
const secret = ['url', 'token', 'password', 'secret', 'authorization']

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** Lines for a person at a terminal instead of JSON for the journal. */
  readonly plain?: boolean
  readonly write?: (line: string) => void
}

/** JSON lines on stdout for journald, or plain lines for a terminal. */
export function openLog({
  level,
  plain = false,
  write = (line) => process.stdout.write(line),
}: LogOptions): Log {
  const destination: DestinationStream = { write: plain ? (line) => write(plainLine(line)) : write }
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secret.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '<hidden>' },
      serializers: { error: pino.stdSerializers.err },
    },
    destination,
  )
}

/** `03:12:07 warn  text`, with control characters made visible: names in it come from outside. */
function plainLine(json: string): string {
  const { time, level, msg } = JSON.parse(json) as { time: string; level: string; msg: string }
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${safe(msg).replaceAll('\n', ' ')}\n`
}

/** Control characters, which could drive a terminal, replaced by a visible mark. */
export function safe(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  )
}
