import { connect } from 'node:net'
import { ReplyReader } from './reply.ts'

/** Errors of a request that lost its connection to others (see crowd.ts) or came while too many waited: tried again. */
const crowded = new Set(['EAGAIN', 'ECONNRESET', 'EPIPE'])
const pause = 50

// `performance` would load eleven modules of Node.js's, and timers/promises one more: a tenth of what a status costs.
const now = () => Number(process.hrtime.bigint()) / 1e6

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
  const end = now() + timeout
  for (;;)
    try {
      return await once(socket, path, Math.max(1, end - now()), timeout, method)
    } catch (error) {
      if (!crowded.has((error as NodeJS.ErrnoException).code ?? '') || now() + pause > end) throw error
      await new Promise((resolve) => setTimeout(resolve, pause))
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

/**
 * One request on a connection of its own, in HTTP 1.0, which knows no answers in pieces. Node.js's own client costs as
 * much as all else that `agent status` does.
 */
function once(
  socket: string,
  path: string,
  left: number,
  timeout: number,
  method: 'GET' | 'PUT',
): Promise<string> {
  if (!/^\/[\x21-\x7e]*$/.test(path)) return Promise.reject(new TypeError(`no path of a request: ${path}`))
  return new Promise((resolve, reject) => {
    const reader = new ReplyReader(socket)
    const asked = connect(socket)
    const leave = () => {
      clearTimeout(timer)
      asked.destroy()
    }
    const give = (error: unknown) => {
      leave()
      reject(error)
    }
    const finish = () => {
      try {
        resolve(reader.body())
        leave()
      } catch (error) {
        give(error)
      }
    }
    // For the whole answer, not an idle timeout: one that trickles in would never be idle.
    const timer = setTimeout(
      () => give(new Error(`the agent does not answer within ${timeout / 1000} s`)),
      left,
    )
    asked.on('data', (part: Buffer) => {
      try {
        if (reader.add(part)) finish()
      } catch (error) {
        give(error)
      }
    })
    asked.on('end', finish)
    asked.on('error', give)
    asked.write(`${method} ${path} HTTP/1.0\r\n\r\n`)
  })
}
