import type { Reply } from '../model/index.ts'

/** What a server answers to a request, as undici hands it over. */
export interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: AsyncIterable<Uint8Array>
}

/**
 * An answer, of whose body the beginning is read, at most `limit` bytes. A body that breaks off is no error: the status,
 * which says whether what was sent was taken, has arrived.
 */
export const received = async ({ statusCode, headers, body }: Answer, limit: number): Promise<Reply> => ({
  status: statusCode,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, it]) => [name, Array.isArray(it) ? it.join(', ') : (it ?? '')]),
  ),
  body: await beginningOf(body, limit),
})

async function beginningOf(body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of body) {
      parts.push(part)
      size += part.length
      if (size >= limit) break
    }
  } catch {}
  return Buffer.concat(parts).subarray(0, limit).toString()
}
