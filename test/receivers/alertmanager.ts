import { type Arrived, type Listening, listen, type ReceiverOptions } from './server.ts'

/** An alert as Alertmanager holds it. */
export interface HeldAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: number
  readonly endsAt: number
}

export interface AlertmanagerReceiver extends Listening {
  readonly url: string
  /** What fires now, by its clock. */
  firing(): readonly HeldAlert[]
  all(): readonly HeldAlert[]
}

/**
 * Alertmanager's API v2, as far as a sender meets it: what it refuses (api/v2/openapi.yaml, measured with 0.31), and how
 * it merges (alert/alert.go): the same labels are the same alert, the earliest start is kept, an end is put off but not
 * brought forward unless it is past. `ahead`: by how much its clock is ahead of the tests', ms.
 */
export async function alertmanagerReceiver(
  options: ReceiverOptions & { readonly ahead?: number; readonly auth?: string } = {},
): Promise<AlertmanagerReceiver> {
  const { ahead = 0, auth } = options
  const now = () => Date.now() + ahead
  const held = new Map<string, HeldAlert>()
  const answer = ({ method, path, headers, body }: Arrived) => {
    const date = new Date(now()).toUTCString()
    const reply = (status: number, text = '') => ({ status, headers: { date }, body: text })
    if (auth !== undefined && headers.authorization !== auth) return reply(401, 'Unauthorized')
    if (method !== 'POST' || path !== '/am/api/v2/alerts') return reply(404)
    if (!/^application\/json/.test(headers['content-type'] ?? '')) return reply(415)
    const given: unknown = JSON.parse(body)
    if (!Array.isArray(given)) return reply(400)
    const wrong = given.flatMap((it) => take(it, held, now()) ?? [])
    return wrong.length > 0 ? reply(400, wrong.join('; ')) : reply(200)
  }
  const listening = await listen('alertmanager', options, answer)
  return Object.assign(listening, {
    url: `http://127.0.0.1:${listening.port}/am`,
    firing: () => [...held.values()].filter((it) => it.endsAt > now()),
    all: () => [...held.values()],
  })
}

const isTexts = (it: unknown): it is Record<string, string> =>
  typeof it === 'object' && it !== null && Object.values(it).every((value) => typeof value === 'string')

/** Takes one alert, or says why not. */
function take(it: unknown, held: Map<string, HeldAlert>, now: number): string | undefined {
  const { labels, annotations = {}, startsAt, endsAt } = it as Record<string, unknown>
  if (!isTexts(labels) || !isTexts(annotations)) return 'not a map of strings'
  const own = Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
  if (Object.keys(own).length === 0) return 'at least one label pair required'
  if (Object.keys(own).some((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))) return 'invalid label name'
  const resolveTimeout = 300_000
  const ends = typeof endsAt === 'string' ? Date.parse(endsAt) : now + resolveTimeout
  const starts = typeof startsAt === 'string' ? Date.parse(startsAt) : typeof endsAt === 'string' ? ends : now
  if (Number.isNaN(ends) || Number.isNaN(starts)) return 'not a time'
  if (ends < starts) return 'start time must be before end time'
  const key = JSON.stringify(Object.entries(own).sort())
  const last = held.get(key)
  const wasOver = last === undefined || last.endsAt <= now
  held.set(key, {
    labels: own,
    annotations,
    startsAt: wasOver ? starts : Math.min(starts, last.startsAt),
    endsAt: wasOver || ends <= now ? ends : Math.max(ends, last.endsAt),
  })
  return undefined
}
