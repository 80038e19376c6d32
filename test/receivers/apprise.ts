import type { Listening, ReceiverOptions } from './server.ts'
import { json, listen, object } from './server.ts'

export interface AppriseMessage {
  readonly title: string
  readonly body: string
  readonly type: string
  readonly tag?: string
}

export interface AppriseReceiver extends Listening {
  readonly url: string
  /** What each service behind it got. */
  readonly passedOn: readonly AppriseMessage[]
  /** Which of its services work; the others fail. `says`: what a plugin logs of what it sent, where that is its own. */
  services: readonly { readonly name: string; readonly works: boolean; readonly says?: string }[]
  /** Its setting LOG_LEVEL; the header X-Apprise-Log-Level counts more. */
  logLevel: string
  /** Whether there is a configuration under the key. */
  configured: boolean
}

const key = 's3cr3t-t0ken'
const known = ['title', 'body', 'type', 'tag', 'format']

/** Apprise API 1.x as its views.py has it, with its mapping of fields. */
export async function appriseReceiver(
  options: ReceiverOptions & { readonly authorization?: string } = {},
): Promise<AppriseReceiver> {
  const passedOn: AppriseMessage[] = []
  const listening = await listen('apprise', options, (request) => {
    const isJson = /json/.test(request.headers.accept ?? request.headers['content-type'] ?? '')
    const say = (status: number, error: string | null, more = {}) =>
      isJson
        ? json(status, { error, ...more })
        : { status, headers: { 'content-type': 'text/plain' }, body: error ?? '' }
    const url = new URL(request.path, 'http://x')
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization)
      return say(401, 'Authentication required')
    if (request.method !== 'POST' || !/^\/notify\/[^/]+\/?$/.test(url.pathname))
      return say(404, 'no such page')
    if (!receiver.configured || url.pathname !== `/notify/${key}`) return { status: 204 }
    const given = object(request.body)
    if (!given) return say(400, 'Invalid JSON specified')
    const content: Record<string, unknown> = { ...given }
    // Its payload_mapper.py: `:text=body` moves, `:type=info` sets, `:data=` removes.
    for (const [rule, value] of [...url.searchParams].filter(([it]) => it.startsWith(':'))) {
      const from = rule.slice(1)
      if (!known.includes(value)) content[from] = value
      else if (!(from in given)) return say(400, 'Payload field mapping failed')
      else content[value] = given[from]
    }
    const { title = '', body, type = 'info', tag } = content
    if (typeof body !== 'string' || body === '') return say(400, 'Payload lacks minimum requirements')
    if (!/^(info|success|warning|failure)$/.test(String(type)))
      return say(400, 'Payload lacks minimum requirements')
    const all = receiver.services.map(({ name, works, says = `Sent ${name} notification.` }) => {
      if (works)
        passedOn.push({
          ...{ title: String(title), body, type: String(type) },
          ...(typeof tag === 'string' && { tag }),
        })
      return works
        ? ['INFO', '2026-11-23 00:29:47', says]
        : ['WARNING', '2026-11-23 00:29:47', `Failed to send ${name} notification: error=500.`]
    })
    const level = String(request.headers['x-apprise-log-level'] ?? receiver.logLevel).toUpperCase()
    const details = all.filter(([it]) => it === 'WARNING' || /^(INFO|DEBUG|TRACE)$/.test(level))
    return receiver.services.every(({ works }) => works)
      ? say(200, null, { details })
      : say(424, 'One or more notification could not be sent', { details })
  })
  const receiver: AppriseReceiver = Object.assign(listening, {
    url: `http://${options.host ?? '127.0.0.1'}:${listening.port}/notify/${key}`,
    passedOn,
    services: [{ name: 'Discord', works: true }],
    configured: true,
    logLevel: 'INFO',
  })
  return receiver
}
