import type { Letter, Properties, Reading, Settings, Sink } from '../model/index.ts'
import { line } from '../text/sanitize.ts'
import { hidden, redactor } from './redact.ts'
import { within } from './retry.ts'

/** How much of a server's message is shown, characters. */
const wordsLimit = 240

/**
 * A reading with `wait` bounded and `why` redacted, after the host it came from. Shortened last, as half a secret would
 * not be recognized.
 */
export function cleaner(
  sink: Sink,
  settings: Settings<Properties>,
): (letter: Letter, reading: Reading) => Reading {
  const redact = redactor(sink, settings)
  return (letter, reading) => {
    if (reading.outcome === 'accepted') return reading
    const host = URL.parse(letter.url)?.hostname ?? 'the address'
    const said = credentialsIn(letter).reduce(
      (text, it) => text.replaceAll(it, hidden),
      redact(`${host}: ${reading.why}`),
    )
    const why = line(said, wordsLimit)
    return reading.outcome === 'again' && reading.wait !== undefined
      ? { ...reading, why, wait: within(reading.wait) }
      : { ...reading, why }
  }
}

/** What a letter's credentials look like on their way: in HTTP's header, and in SMTP's AUTH PLAIN and LOGIN (RFC 4616). */
function credentialsIn({ method, headers: { authorization = '' } }: Letter): readonly string[] {
  const given = authorization.split(' ').at(-1) ?? ''
  if (given === '' || method !== 'MAIL') return given === '' ? [] : [given]
  const { user, pass } = userIn(authorization)
  return [given, base64(`\u0000${user}\u0000${pass}`), ...(pass.length >= 4 ? [base64(pass)] : [])]
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** The user and password of `Basic …` (RFC 7617); empty where there are none. */
export function userIn(authorization: string): { readonly user: string; readonly pass: string } {
  const whole = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString()
  const at = whole.indexOf(':')
  return at < 0 ? { user: '', pass: '' } : { user: whole.slice(0, at), pass: whole.slice(at + 1) }
}
