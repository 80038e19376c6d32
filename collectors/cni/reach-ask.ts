import { type Host, HostError, type Probed } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import { nodeNameIn } from './node-name.ts'
import type { Asked, Saw } from './reach.ts'
import type { Reach } from './sample.ts'

/** The kubelet's port, on all addresses of a node (k3s docs, installation/requirements). */
const kubelet = 10_250

/** How long each of two packets waits for its answer, ms: nodes of one cluster are nearer to each other. */
const patience = 600

/** How long a second opinion may take, ms. */
const doubt = 1_500

/** Whether UDP packets of one size arrive; undefined where that cannot be asked. */
const arrives = async (host: Host, address: string, size?: number): Promise<Probed['answer'] | undefined> =>
  (await orNothing(host.probe({ address, ...(size && { size }), timeout: patience, tries: 2 })))?.answer

/** Whether packets of all sizes come to a node and back: one packet, as long as they do. */
export const passesWhole = async (host: Host, { via, mtu }: Asked): Promise<boolean | undefined> => {
  const answer = await arrives(host, via, mtu)
  return answer && answer === 'arrived'
}

/**
 * One look at a node that did not answer a packet of full size. A firewall over there may drop what is for closed ports,
 * so that its kubelet and a ping are asked too before anything is said of the overlay; and its own address, so that a node
 * that is off is told from an overlay that is broken. At most three handshakes and three processes.
 */
export async function doubted(host: Host, peer: Asked, before: Reach | undefined): Promise<Saw> {
  const { via, dev, node } = peer
  // All at once: people wait for it, and it is asked of few.
  const [small, tls, ping, whole, around] = await Promise.all([
    arrives(host, via),
    answersTls(host, via),
    pings(host, via, ['-I', dev]),
    pings(host, via, ofFullSize(peer)),
    node === undefined ? {} : lookAtHost(host, node),
  ])
  // Without this answer, as on a recorded node, nothing is known of the others either.
  if (small === undefined) return {}
  // A large ping that arrives shows that only answers were lost: kernels limit them.
  if (small === 'arrived' && whole !== true) return { by: 'udp', small: true, full: false, ...around }
  // What answers a ping of one size, but not of the other, loses the large ones.
  if (ping || whole)
    return { by: 'ping', small: true, ...(whole !== undefined && { full: whole }), ...around }
  if (tls.state !== 'silent') return { by: 'tls', small: true, ...around }
  // Without ping, silence says something only of a node that has answered such packets before.
  return { ...(ping === false || before?.by === 'udp' ? { small: false } : {}), ...around }
}

/**
 * Whether packets of all sizes still come to a node that answers none to closed ports, by what it answered last: one
 * handshake, or one process.
 */
export async function passesOtherwise(
  host: Host,
  peer: Asked,
  by: Reach['by'],
): Promise<boolean | undefined> {
  if (by === 'tls') return (await answersTls(host, peer.via)).state !== 'silent'
  return pings(host, peer.via, ofFullSize(peer))
}

const ofFullSize = ({ dev, via, mtu }: Asked) => {
  // Without the headers of IP and ICMP.
  const size = mtu - (via.includes(':') ? 48 : 28)
  return ['-I', dev, '-M', 'do', '-s', `${size}`]
}

/** A node's kubelet at its own address, and the name that it gives; nothing where it does not answer. */
export async function kubeletOf(host: Host, node: string): Promise<Pick<Saw, 'host' | 'name'>> {
  const { state, der } = await answersTls(host, node)
  const name = der && nodeNameIn(der, node)
  if (state === 'speaks') return { host: 'kubelet', ...(name !== undefined && { name }) }
  return state === 'refuses' ? { host: 'refuses' } : {}
}

/**
 * A node's own address, outside the overlay. Where it answers, but its kubelet did not, that is asked once more: it may
 * have come up in between, and is then no node that was there all the time.
 */
async function lookAtHost(host: Host, node: string): Promise<Pick<Saw, 'host' | 'name'>> {
  const [kubelet, udp, ping] = await Promise.all([
    kubeletOf(host, node),
    arrives(host, node),
    pings(host, node, []),
  ])
  if (kubelet.host) return kubelet
  if (udp !== 'arrived' && !ping) return ping === undefined ? {} : { host: 'silent' }
  const again = await kubeletOf(host, node)
  return again.host ? again : { host: 'answers' }
}

/** A whole handshake: a kubelet logs each one that is broken off. */
async function answersTls(
  host: Host,
  address: string,
): Promise<{ readonly state: 'speaks' | 'refuses' | 'silent'; readonly der?: Uint8Array }> {
  try {
    const { certificates } = await host.handshake({ host: address, port: kubelet, timeout: doubt })
    const [der] = certificates
    return { state: 'speaks', ...(der && { der }) }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    // Whatever it is that answers so, it is there. The kernel also says refused where it has no way to a host.
    if (error.code === 'failed') return { state: 'speaks' }
    return { state: /\bECONNREFUSED\b/.test(error.message) ? 'refuses' : 'silent' }
  }
}

/**
 * Whether one ping is answered; undefined where there is no ping, or one that does not know these options (busybox has no
 * -M). A host that says itself that it lets none in (`From ADDRESS … Prohibited`) was reached.
 */
async function pings(host: Host, address: string, options: readonly string[]): Promise<boolean | undefined> {
  const argv = ['ping', '-n', '-c', '1', '-W', '1', ...options, address]
  const ran = await orNothing(host.run(argv, { timeout: 3_000, limit: 64 * 1024 }))
  const [, received] = /, (\d{1,3}) (?:packets )?received/.exec(ran?.stdout ?? '') ?? []
  if (received === undefined) return undefined
  // A packet that this node itself does not send shows nothing of the way.
  if (/message too long/i.test(`${ran?.stdout} ${ran?.stderr}`)) return undefined
  return Number(received) > 0 || ran?.stdout.includes(`From ${address} `) === true
}
