export interface MailRead {
  /** Each header by its name in small letters, unfolded. */
  readonly headers: Readonly<Record<string, string>>
  /** Each part's type and text. */
  readonly parts: readonly { readonly type: string; readonly text: string }[]
}

/** What is wrong with a message as it comes over the line, as the server says it. */
export function mailProblems(text: string, size: number): string | undefined {
  if (text.length > size) return '552 5.3.4 too big'
  if (/(^|[^\r])\n|\r(?!\n)/.test(text)) return '550 5.6.11 a line ends in a bare CR or LF'
  if (text.split('\r\n').some((it) => it.length > 998)) return '500 5.5.2 line too long'
  const [head = ''] = text.split('\r\n\r\n')
  if (/[^\x00-\x7f]/.test(head)) return '550 5.6.7 no SMTPUTF8 was asked for'
  for (const name of ['From', 'To', 'Date', 'Message-ID', 'Subject'])
    if (head.split('\r\n').filter((it) => it.startsWith(`${name}: `)).length !== 1)
      return `550 5.6.0 not one ${name}`
  return undefined
}

/** A message as it came over the line, taken apart. */
export function mailRead(text: string): MailRead {
  const { headers, body } = part(text.replaceAll('\r\n..', '\r\n.'))
  const [, boundary] = /boundary="?([^";]+)/.exec(String(headers['content-type'])) ?? []
  const parts = boundary === undefined ? [] : body.split(`--${boundary}`).slice(1, -1)
  return {
    headers,
    parts: parts.map((it) => {
      const { headers: own, body: coded } = part(it.replace(/^\r\n/, ''))
      return { type: String(own['content-type']).split(';')[0] ?? '', text: decoded(coded, own) }
    }),
  }
}

function part(text: string): { headers: Record<string, string>; body: string } {
  const at = text.indexOf('\r\n\r\n')
  const lines = text
    .slice(0, at)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = lines.map((it) => [
    it.slice(0, it.indexOf(':')).toLowerCase(),
    it.slice(it.indexOf(':') + 2),
  ])
  return { headers: Object.fromEntries(headers), body: text.slice(at + 4) }
}

function decoded(text: string, headers: Readonly<Record<string, string>>): string {
  const how = headers['content-transfer-encoding']
  if (how === 'base64') return Buffer.from(text, 'base64').toString()
  if (how !== 'quoted-printable') return text.replaceAll('\r\n', '\n')
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString().replaceAll('\r\n', '\n')
}

/** A header with its encoded words (RFC 2047) as people read it. */
export function readHeader(text = ''): string {
  const bytes = text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, how: string, it: string) =>
      how.toLowerCase() === 'b'
        ? Buffer.from(it, 'base64').toString('latin1')
        : it
            .replaceAll('_', ' ')
            .replace(/=([0-9A-F]{2})/gi, (_all, hex: string) =>
              String.fromCharCode(Number.parseInt(hex, 16)),
            ),
    )
  return Buffer.from(bytes, 'latin1').toString()
}
