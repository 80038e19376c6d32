/**
 * Which sockets listen, and with whom they talk, as the kernel says in /proc/net/tcp and tcp6 (proc(5), net/ipv4/tcp_ipv4.c): state, address as
 * 32-bit words in the machine's byte order (little endian wherever k3s runs), and the uid that opened the socket, as
 * seen in this user namespace. Pure.
 */

/** A socket that waits for connections. */
export interface Listening {
  /** As the kernel prints it: 8 hexadecimal digits, 32 for IPv6. */
  readonly address: string
  readonly port: number
  /** The user who opened it. Absent where the line was cut. */
  readonly uid?: number
}

/** The listening sockets in one of the two files; other lines are ignored. */
export function listeningSockets(text: string): Listening[] {
  const lines = text.matchAll(
    /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ 0A (?:\S+ \S+ \S+ +(\d+) )?/gm,
  )
  return [...lines].map(([, address = '', port = '', uid]) => ({
    address,
    port: Number.parseInt(port, 16),
    ...(uid !== undefined && { uid: Number(uid) }),
  }))
}

/** The addresses of other machines with whose port this one has, or begins, a connection; none of loopback. */
export function remoteAddresses(text: string, port: number): readonly string[] {
  const wanted = port.toString(16).padStart(4, '0').toUpperCase()
  const lines = text.matchAll(
    /^\s*\d+: ([0-9A-F]{8,32}):[0-9A-F]{4} ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) /gm,
  )
  const found = new Set<string>()
  for (const [, own = '', far = '', its] of lines)
    if (its === wanted && own !== far && !/^0+$/.test(far)) found.add(addressIn(far))
  return [...found].filter((it) => it !== '::1' && !it.startsWith('127.')).slice(0, 64)
}

/** An address as people write it, of words in the machine's byte order. */
function addressIn(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((it) =>
    (it.match(/../g) ?? []).toReversed().map((byte) => Number.parseInt(byte, 16)),
  )
  const four = bytes.length === 16 && hex.startsWith(mapped('')) ? bytes.slice(12) : bytes
  if (four.length === 4) return four.join('.')
  const groups = [0, 2, 4, 6, 8, 10, 12, 14].map((at) =>
    (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16),
  )
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}

const any4 = '0'.repeat(8)
const any6 = '0'.repeat(32)
/** An IPv4 address written as IPv6 (RFC 4291, 2.5.5.2). */
const mapped = (four: string) => `${'0'.repeat(16)}FFFF0000${four}`

/**
 * The sockets that may get a connection to this address: those bound to it, otherwise those bound to any address
 * (net/ipv4/inet_hashtables.c). A socket on `::` takes IPv4 where no other does. With IPV6_V6ONLY, which these files do
 * not show, it would not; but then another may listen on 0.0.0.0 and comes first. If `host` is a name, all sockets on
 * the port.
 */
export function takers(all: readonly Listening[], host: string, port: number): readonly Listening[] {
  const there = all.filter((it) => it.port === port)
  const [four, six] = [hex4(host), hex6(host)]
  if (four === undefined && six === undefined) return there
  const ranks =
    six === undefined
      ? [[four, mapped(four ?? '')], [any4, mapped(any4)], [any6]]
      : [[six], ...(six.startsWith(mapped('')) ? [[six.slice(24)], [any4]] : []), [any6]]
  for (const addresses of ranks) {
    const found = there.filter((it) => addresses.includes(it.address))
    if (found.length > 0) return found
  }
  return []
}

const word = (bytes: readonly number[]) =>
  bytes
    .toReversed()
    .map((it) => it.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()

function hex4(host: string): string | undefined {
  const [, ...parts] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host) ?? []
  return parts.length === 4 ? word(parts.map(Number)) : undefined
}

function hex6(host: string): string | undefined {
  const address = host.replace(/%.*$/, '')
  if (!address.includes(':') || !URL.canParse(`http://[${address}]/`)) return undefined
  // URL gives the canonical form of RFC 5952, with at most one `::` and no dots.
  const [before = '', after] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((it) => Number.parseInt(it, 16)))
  const [first, last] = [groups(before), groups(after ?? '')]
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
  return [0, 2, 4, 6]
    .map((at) => all.slice(at, at + 2).flatMap((it) => [it >> 8, it & 0xff]))
    .map(word)
    .join('')
}
