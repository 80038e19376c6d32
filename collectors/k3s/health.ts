import type { Get, Host, Unseen } from '../../agent/model/index.ts'
import { HostError, unseen } from '../../agent/model/index.ts'
import type { K3s } from '../node/k3s.ts'
import { type K3sPorts, k3sPorts, NotK3s } from '../node/k3s-ports.ts'
import { grace } from './assess.ts'
import { apiPlace, credentials, kubeletPlace, type Place, proxyPlace, supervisorPlace } from './ports.ts'
import type { Answer, K3sSample, Part } from './sample.ts'

const timeout = 5_000

/** One answer of an endpoint, without its history. */
interface Said extends Omit<Answer, 'since' | 'seen' | 'up' | 'late'> {}

export interface Health {
  readonly answers: NonNullable<K3sSample['answers']>
  readonly unseen: readonly Unseen[]
}

/** Asks the health endpoints of k3s. An answer equal to the previous one keeps its `since`. */
export async function askHealth(
  host: Host,
  k3s: K3s,
  before: K3sSample['answers'] = {},
  kubeletPort?: string,
): Promise<Health> {
  const kubelet = kubeletPlace(k3s, kubeletPort)
  const blind: Unseen[] = []
  const ports = k3sPorts(host, k3s)
  const ask = async (
    part: Part,
    code: string,
    place: Place | undefined,
    question: () => Promise<Said | undefined>,
  ): Promise<readonly [Part, Answer | undefined]> => {
    const last = before[part]
    try {
      const said = await question()
      if (!said) return [part, undefined]
      const port = !said.well && place ? { port: place.port } : {}
      const up = said.well ? k3s.running?.since : last?.up
      const since = last?.well === said.well ? last.since : host.now()
      const begun = k3s.running?.since ?? 0
      const late = !said.well && ((last?.late ?? false) || up === begun || host.now() - begun >= grace)
      const seen = said.well ? host.now() : last?.seen
      const past = {
        ...(seen !== undefined && { seen }),
        ...(up !== undefined && { up }),
        ...(late && { late: true as const }),
      }
      return [part, { ...said, ...port, since, ...past }]
    } catch (error) {
      blind.push(unseen(`how the ${part === 'api' ? 'API' : part} is`, error, [code]))
      return [part, last]
    }
  }
  const all = await Promise.all([
    ask('api', 'k3s.api-unhealthy', apiPlace(k3s), () => askApi(ports, k3s)),
    ask('kubelet', 'k3s.kubelet-unhealthy', kubelet, async () => {
      const said = await askPlain(ports, kubelet)
      if (!said || said.well || kubeletPort === undefined) return said
      // The file may have been changed since the kubelet read it.
      const usual = await askPlain(ports, kubeletPlace(k3s))
      return usual?.well ? usual : said
    }),
    ask('kube-proxy', 'k3s.kubelet-unhealthy', proxyPlace(k3s), async () => {
      const said = await askPlain(ports, proxyPlace(k3s))
      // kube-proxy may be replaced by another program, which only the servers know: if it never answered, it is not
      // missed.
      return said?.status === undefined && !before['kube-proxy'] ? undefined : said
    }),
  ])
  // Sorted, so that equal results are equal as JSON too.
  const answers = Object.fromEntries(all.filter(([, answer]) => answer))
  return { answers, unseen: blind.sort((a, b) => (a.what < b.what ? -1 : 1)) }
}

async function askApi(ports: K3sPorts, k3s: K3s): Promise<Said | undefined> {
  const place = apiPlace(k3s)
  if (!place) return undefined
  const at = `${place.host}:${place.port}`
  try {
    const { status, body } = await ports.get({ ...place, path: '/readyz', as: credentials(k3s), timeout })
    if (status === 200) return { well: true, status }
    if (status === 401)
      return { well: false, status, said: "answers 401 Unauthorized to this node's own certificate" }
    const failing = failingChecks(body)
    const what = failing.length > 0 ? `${status}: not ready: ${failing.join(', ')}` : `${status}`
    return { well: false, status, said: `answers ${what}` }
  } catch (error) {
    // Without the node's certificate (the certs collector reports that) only the supervisor can be asked.
    if (error instanceof HostError && error.code === 'missing') return pong(await ping(ports, k3s), k3s)
    const said = silence(error, at)
    const alive = (await ping(ports, k3s)) ? '; k3s itself answers (`/ping`)' : ''
    return { well: false, said: `${said}${alive}` }
  }
}

const pong = (alive: boolean | undefined, k3s: K3s): Said | undefined =>
  alive === undefined
    ? undefined
    : alive
      ? { well: true }
      : { well: false, said: `${k3s.distribution} does not answer` }

async function ping(ports: K3sPorts, k3s: K3s): Promise<boolean | undefined> {
  const place = supervisorPlace(k3s)
  if (!place) return undefined
  try {
    return (await ports.get({ ...place, path: '/ping', timeout })).body.trim() === 'pong'
  } catch (error) {
    silence(error, '')
    return false
  }
}

/** The plain-HTTP health endpoint of the kubelet or kube-proxy; on a node with IPv6 first it listens on ::1 only. */
async function askPlain(ports: K3sPorts, place: Place | undefined): Promise<Said | undefined> {
  if (!place) return undefined
  const question: Get = { ...place, path: '/healthz', plain: true, timeout }
  const at = `127.0.0.1:${place.port}`
  try {
    const { status } = await ports.get(question).catch((first: unknown) => {
      if (!(first instanceof HostError) || first.code !== 'refused') throw first
      return ports.get({ ...question, host: '::1' }).catch((error: unknown) => {
        // "Another process listens" says more than "nothing listens".
        throw error instanceof NotK3s || !(first instanceof NotK3s) ? error : first
      })
    })
    return status === 200 ? { well: true, status } : { well: false, status, said: `answers ${status}` }
  } catch (error) {
    return { well: false, said: silence(error, at) }
  }
}

/** Why there was no answer, as the end of a sentence; rethrows errors that are not k3s's fault. */
function silence(error: unknown, at: string): string {
  const code = error instanceof HostError ? error.code : undefined
  if (error instanceof NotK3s) return `does not answer: ${error.who} listens on ${at}, not k3s`
  if (code === 'refused') return `does not answer: nothing listens on ${at}`
  if (code === 'timeout') return `does not answer within ${timeout / 1000} s on ${at}`
  if (code === 'failed')
    return `does not answer on ${at} (${(error as Error).message.split(': ').at(-1)?.slice(0, 80)})`
  throw error
}

/** The names of the failed checks in the answer of `/readyz`: `[-]etcd failed: reason withheld`. */
export const failingChecks = (body: string): string[] =>
  [...body.slice(0, 4096).matchAll(/^\[-\]([\w./-]{1,80}) /gm)].map(([, name = '']) => name).slice(0, 5)
