import { askFor } from '../../api/ask.ts'
import { snapshotOf } from '../../api/snapshot.ts'
import { longestSilence, type Silence } from '../../core/silence.ts'
import { duration, parseDuration } from '../../text/durations.ts'
import { safe } from '../../text/sanitize.ts'
import { clockUtc, day, hour } from '../../text/times.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { settings } from './settings.ts'

export interface SilenceArguments extends Common {
  readonly for?: string
  readonly why?: string
  /** End the silence instead of starting one. */
  readonly end?: boolean
}

const usual = hour

/** Mutes notifications of what matches, for a while; without `what`, lists the silences. */
export async function silence(what: string | undefined, options: SilenceArguments): Promise<Exit> {
  const { socket } = settings(options, { needed: true })
  if (what === undefined) {
    const { silences, at } = await daemon(askFor<unknown>(socket, '/v1/status').then(snapshotOf))
    print(
      silences.length === 0
        ? 'Nothing is silenced.\n'
        : silences.map((it) => `${silenceText(it, at)}\n`).join(''),
    )
    return 0
  }
  const length = options.end ? 0 : options.for === undefined ? usual : parseDuration(options.for)
  if (length === undefined || length > longestSilence)
    throw new Refusal(
      `--for ${options.for}: right is for example 90m, 2h or 1d, at most ${longestSilence / day}d`,
    )
  const rules = allRules()
  if (what.includes('.') && !what.includes('/') && /^[a-z]+\.[a-z-]+$/.test(what) && !(what in rules))
    throw new Refusal(`there is no finding called ${what}; see \`agent explain\``)
  if (/\.blind$|^agent\b/.test(what))
    throw new Refusal(`${what} cannot be silenced: that Murphy cannot see, or cannot tell, is never hidden`)
  const query = new URLSearchParams({ what, for: String(length), ...(options.why && { why: options.why }) })
  const given = await daemon(askFor<Silence>(socket, `/v1/silence?${query}`, 5_000, 'PUT'))
  print(length === 0 ? `${safe(what)} is told again.\n` : `${silenceText(given, given.since)}\n`)
  return 0
}

/** `all: silenced until 05:00 UTC (2 h): disk swap` */
export const silenceText = (it: Silence, now: number) =>
  `${safe(it.what)}: silenced until ${clockUtc(it.until, now)} (${duration(it.until - now)})${it.why ? `: ${safe(it.why)}` : ''}`

async function daemon<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw new Refusal(`only a running agent can be asked: ${(error as Error).message}`, 3, { cause: error })
  }
}
