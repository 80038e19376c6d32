import { setTimeout as wait } from 'node:timers/promises'
import { safe } from '../text/sanitize.ts'

// An import of node:http also loads Node's own copy of undici: 13 MB and 50 ms that `agent status` has no use for.
const { request } = process.getBuiltinModule('node:http')

/** The largest answer an agent gives, bytes: an artifact has at most 8 MiB, and base64 adds a third. */
const largest = 16 * 1024 * 1024

/** Errors of a request that lost its connection to others (see crowd.ts) or came while too many waited: tried again. */
const crowded = new Set(['EAGAIN', 'ECONNRESET', 'EPIPE'])
const pause = 50

/**
 * Asks a running daemon. Rejects when there is none (with the `code` of what came back), when it has not
 * answered in full within `timeout` ms, or when what answers is no agent.
 */
export async function ask(
  socket: string,
  path: string,
  timeout = 5_000,
  method: 'GET' | 'PUT' = 'GET',
): Promise<string> {
  const end = performance.now() + timeout
  for (;;)
    try {
      return await once(socket, path, Math.max(1, end - performance.now()), timeout, method)
    } catch (error) {
      if (!crowded.has((error as NodeJS.ErrnoException).code ?? '') || performance.now() + pause > end)
        throw error
      await wait(pause)
    }
}

/** The same for answers in JSON. Their shape is not checked: the caller has to. */
export async function askFor<T>(
  socket: string,
  path: string,
  timeout?: number,
  method?: 'GET' | 'PUT',
): Promise<T> {
  const text = await ask(socket, path, timeout, method)
  try {
    return JSON.parse(text) as T
  } catch {
    // Not the parser's own error, which quotes the text.
    throw new Error(`what answers on ${socket} is not the agent: it sends no JSON`)
  }
}

function once(
  socket: string,
  path: string,
  left: number,
  timeout: number,
  method: 'GET' | 'PUT',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const give = (error: Error) => {
      clearTimeout(timer)
      asked.destroy()
      reject(error)
    }
    const strange = (what: string) =>
      give(new Error(`what answers on ${socket} is not the agent: it ${what}`))
    const asked = request(
      { socketPath: socket, path, method, agent: false, maxHeaderSize: 8192 },
      (reply) => {
        const parts: Buffer[] = []
        let size = 0
        reply.on('data', (part: Buffer) => {
          parts.push(part)
          size += part.length
          if (size > largest) strange(`sends more than ${largest / 1024 / 1024} MiB`)
        })
        reply.on('end', () => {
          clearTimeout(timer)
          const body = Buffer.concat(parts).toString('utf8')
          if (reply.statusCode === 200) resolve(body)
          else give(new Error(`the agent answered ${reply.statusCode}: ${safe(body.trim().slice(0, 300))}`))
        })
        reply.on('error', give)
      },
    )
    // For the whole answer, not an idle timeout: one that trickles in would never be idle.
    const timer = setTimeout(
      () => give(new Error(`the agent does not answer within ${timeout / 1000} s`)),
      left,
    )
    asked.on('upgrade', () => strange('changes the protocol'))
    asked.on('error', (error: NodeJS.ErrnoException) =>
      error.code?.startsWith('HPE_') ? strange('does not speak HTTP') : give(error),
    )
    asked.end()
  })
}
