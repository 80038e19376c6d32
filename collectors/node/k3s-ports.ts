import { type Get, type Host, HostError } from '../../agent/model/index.ts'
import type { K3s } from './k3s.ts'
import { type Listening, listeningSockets, takers } from './sockets.ts'

/** The ports of k3s itself, as `Host` has them. */
export type K3sPorts = Pick<Host, 'get' | 'handshake'>

/** A process that is not k3s listens on a port of k3s. Since k3s does not answer there, this is a kind of `refused`. */
export class NotK3s extends HostError {
  readonly who: string
  constructor(doing: string, who: string) {
    super('refused', `${doing}: not asked, because ${who} listens there, not k3s`)
    this.name = 'NotK3s'
    this.who = who
  }
}

const mostSockets = 16 * 1024 * 1024

/**
 * Asks k3s's own ports during one collector run. While k3s is stopped or hangs, any account can listen on these ports,
 * and would be shown the node's own certificate. So nothing is asked unless k3s runs and root listens there, and an
 * answer counts only if that is still true afterwards: the sockets are read before the first question and again once no
 * question is open, since a large table takes 12 ms to read. `etcd` is the uid that etcd runs as, where it has its own
 * (RKE2 with the CIS profile): the owner of its data.
 *
 * Rejects as the Host does, and besides: `refused` where nothing of k3s listens (`NotK3s` where another process does),
 * `denied` where it cannot be seen who listens. A recording without these files gives its recorded answers unchecked.
 */
export function k3sPorts(host: Host, { running }: Pick<K3s, 'running'>, etcd = 0): K3sPorts {
  const sockets = () => readSockets(host)
  let before: Promise<Sockets> | undefined
  let asking = 0
  let after: PromiseWithResolvers<Sockets> | undefined
  /** The sockets, read once every question that is open now has been answered. */
  const confirmed = () => {
    after ??= Promise.withResolvers<Sockets>()
    return after.promise
  }
  const over = () => {
    asking -= 1
    if (asking > 0 || !after) return
    sockets().then(after.resolve, after.reject)
    // The next question is checked against this newest reading.
    before = after.promise
    after = undefined
  }
  const check = (all: Sockets, to: Pick<Get, 'host' | 'port'>) => {
    if (!all) return
    const doing = `asking ${to.host}:${to.port}`
    if (!running) throw new HostError('refused', `${doing}: not asked, because no k3s runs`)
    const there = takers(all, to.host, to.port)
    if (there.length === 0) throw new HostError('refused', `${doing}: nothing listens there`)
    const trusted = (it: Listening) => it.uid === 0 || (isEtcd(to.port) && it.uid === etcd)
    const other = there.find((it) => !trusted(it))
    if (other) throw new NotK3s(doing, other.uid === undefined ? 'another' : `uid ${other.uid}`)
  }
  const through = async <T>(to: Pick<Get, 'host' | 'port'>, ask: () => Promise<T>): Promise<T> => {
    before ??= sockets()
    const seen = await before
    check(seen, to)
    if (!seen) return await ask()
    asking += 1
    let still: Promise<Sockets>
    let answer: T
    try {
      answer = await ask()
      still = confirmed()
    } finally {
      over()
    }
    check(await still, to)
    return answer
  }
  return {
    get: (request) => through(request, () => host.get(request)),
    handshake: (address) => through(address, () => host.handshake(address)),
  }
}

const isEtcd = (port: number) => port === 2379 || port === 2380

type Sockets = readonly Listening[] | undefined

/** What listens; undefined where a recording does not say. */
async function readSockets(host: Host): Promise<Sockets> {
  const read = async (path: string) => {
    try {
      return await host.text(path, { limit: mostSockets })
    } catch (error) {
      if (error instanceof HostError && error.code === 'missing') return undefined
      throw error
    }
  }
  try {
    const all = await Promise.all([read('/proc/net/tcp'), read('/proc/net/tcp6')])
    // Without IPv6 there is no tcp6.
    if (all[0] !== undefined) return all.flatMap((text) => listeningSockets(text ?? ''))
    if (host.recorded) return undefined
    throw new HostError('missing', 'there is no /proc/net/tcp')
  } catch (error) {
    // Only a recording that is itself being recorded again says `unrecorded`.
    if (error instanceof HostError && error.code === 'unrecorded') return undefined
    const why = error instanceof Error ? error.message : String(error)
    throw new HostError('denied', `asking k3s: not done, because it cannot be seen who listens (${why})`, {
      cause: error,
    })
  }
}
