import { safe } from '../text/sanitize.ts'

/** The largest answer an agent gives, bytes: an artifact has at most 8 MiB, and base64 adds a third. */
const largest = 16 * 1024 * 1024
/** The most bytes before the body; an agent's have less than 200. */
const headest = 8192

const headEnd = Buffer.from('\r\n\r\n')
const statusLine = /^HTTP\/1\.[01] (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/
/** RFC 9110, 5.1 and 5.5: a name is a token, a value has no control character. */
const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/

/** An answer that has begun: what HTTP 1.0 allows, and an agent sends (RFC 9112); anything else is no agent's. */
interface Head {
  readonly status: number
  /** Bytes of the body; absent, it lasts as long as the connection. */
  readonly length: number | undefined
}

/** Why what answers is no agent, as it goes on after "it ". */
class Strange extends Error {}

/** Reads the answer to one request, as it comes in; holds no more of it than an agent's answer may have. */
export class ReplyReader {
  #parts: Buffer[] = []
  #size = 0
  #head: Head | undefined
  readonly #from: string

  /** `from`: the socket that is asked, for what is said of it. */
  constructor(from: string) {
    this.#from = from
  }

  /** The next bytes. True once the answer is there in full. Throws where no agent can have sent them. */
  add(part: Buffer): boolean {
    this.#parts.push(part)
    this.#size += part.length
    try {
      return this.#read()
    } catch (error) {
      if (!(error instanceof Strange)) throw error
      throw new Error(`what answers on ${this.#from} is not the agent: it ${error.message}`)
    }
  }

  #read(): boolean {
    if (!this.#head) {
      const all = this.#joined()
      const end = all.indexOf(headEnd)
      if ((end < 0 ? all.length : end) > headest) throw new Strange('does not speak HTTP')
      if (end < 0) {
        // What is no HTTP need not end before this is seen.
        const begun = all.toString('latin1')
        if (!'HTTP/1.'.startsWith(begun.slice(0, 7)) || /(^|[^\r])\n/.test(begun))
          throw new Strange('does not speak HTTP')
        return false
      }
      this.#head = readHead(all.toString('latin1', 0, end))
      this.#parts = [all.subarray(end + headEnd.length)]
      this.#size = this.#parts[0]?.length ?? 0
    }
    const { length } = this.#head
    if (Math.max(this.#size, length ?? 0) > largest)
      throw new Strange(`sends more than ${largest / 1024 / 1024} MiB`)
    return length !== undefined && this.#size >= length
  }

  /** The body, once the answer is complete or the connection is closed. Throws where the agent refuses, or sent only a part. */
  body(): string {
    const head = this.#head
    if (!head || this.#size < (head.length ?? 0))
      throw Object.assign(new Error('the agent closed the connection before it had answered'), {
        code: 'ECONNRESET',
      })
    const text = this.#joined().toString('utf8', 0, head.length)
    if (head.status === 200) return text
    throw new Error(`the agent answered ${head.status}: ${safe(text.trim().slice(0, 300))}`)
  }

  #joined(): Buffer {
    const [first] = this.#parts
    const all = first && this.#parts.length === 1 ? first : Buffer.concat(this.#parts)
    this.#parts = [all]
    return all
  }
}

function readHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n')
  const status = Number(statusLine.exec(first)?.[1])
  if (status === 101) throw new Strange('changes the protocol')
  if (!(status >= 200)) throw new Strange('does not speak HTTP')
  let length: number | undefined
  for (const line of lines) {
    const [, name = '', value = ''] = field.exec(line) ?? []
    if (name === '') throw new Strange('does not speak HTTP')
    if (/^transfer-encoding$/i.test(name)) throw new Strange('sends its answer in pieces')
    if (!/^content-length$/i.test(name)) continue
    if (length !== undefined || !/^\d{1,15}$/.test(value)) throw new Strange('does not speak HTTP')
    length = Number(value)
  }
  return { status, length }
}
