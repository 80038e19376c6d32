import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTls, type ServerOptions } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { answerOf, type ClusterNode } from '../../receivers/cluster-api.ts'

/**
 * A stand-in for k3s: its process name, its ports on loopback, real TLS with a real check of the client's
 * certificate, and its own words, as measured on k3s v1.21.2. Like k3s it reads its certificates when it
 * starts. `touch DIR/broken` makes `/readyz` fail, `DIR/kubelet-broken` and `DIR/proxy-broken` the `/healthz` of the
 * kubelet and of kube-proxy. What `DIR/start-takes` says, ms, passes until it is well, as measured on v1.36.3: its port
 * answers 503 "starting", then 503 "runtime core not ready"; then the API is there, but says 403 for a moment, until it
 * knows who may do what. The kubelet and kube-proxy begin to listen with the API. `DIR/other-nodes` names the other nodes of
 * the cluster, `NAME ADDRESS` a line.
 */
process.title = 'k3s-server'
const [data = ''] = process.argv.slice(2)
const tls = `${data}/server/tls`
const unauthorized = `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`
const textOf = (file: string) => {
  try {
    return readFileSync(`${data}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}
const broken = (file = 'broken') => textOf(file) !== undefined
const takes = Number(textOf('start-takes') ?? 0)
const begun = performance.now()
/** For how long the API says 403 after it is there, ms. */
const forbidden = takes > 0 ? 500 : 0
/** What is answered instead, while it starts. */
function starting(url = ''): readonly [status: number, body: string] | undefined {
  const ran = performance.now() - begun
  if (ran < takes / 5) return [503, 'starting\n']
  if (ran < takes) return [503, 'runtime core not ready\n']
  if (ran < takes + forbidden && url !== '/ping')
    return [403, '{"kind":"Status","status":"Failure","reason":"Forbidden","code":403}']
  return undefined
}
/** Asks for a client certificate and takes the handshake without one, or with one that has expired: the answer is a 401. */
const shows = (name: string): ServerOptions => ({
  cert: readFileSync(`${name}.crt`),
  key: readFileSync(`${name}.key`),
  ca: readFileSync(`${tls}/client-ca.crt`),
  requestCert: true,
  rejectUnauthorized: false,
})
/** The cluster as it shows itself: all of its nodes are well. */
const well = (address: string, server = false): ClusterNode => ({
  ...{ address, server },
  conditions: [
    { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ],
})
const others = [...(textOf('other-nodes') ?? '').matchAll(/^(\S+) (\S+)$/gm)]
const nodes = new Map([
  ['node1', well('10.0.0.1', true)],
  ...others.map(([, name = '', address = '']) => [name, well(address)] as const),
])
const isObject = /^\/(api\/v1\/(nodes|pods)|apis\/)/
const api = createTls(shows(`${tls}/serving-kube-apiserver`), ({ socket, url, headers }, response) => {
  const not = starting(url)
  if (not) response.writeHead(not[0]).end(not[1])
  else if (url === '/ping') response.end('pong')
  else if (!(socket as TLSSocket).authorized) response.writeHead(401).end(unauthorized)
  else if (isObject.test(url ?? '')) {
    const { CN } = (socket as TLSSocket).getPeerCertificate().subject
    const it = answerOf(new URL(url ?? '', 'https://api'), String(CN), headers.accept ?? '', { nodes })
    response.writeHead(it.status, it.headers).end(it.body)
  } else if (broken())
    response.writeHead(500).end('[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n')
  else response.end('ok')
})
const kubelet = createTls(shows(`${data}/agent/serving-kubelet`), (_, response) =>
  response.writeHead(401).end('Unauthorized'),
)
const plain = (file: string) =>
  createServer((_, response) => {
    if (broken(file)) response.writeHead(500)
    response.end('ok')
  })
// k3s's own server has no idle timeout (k3s: pkg/cluster/https.go); the kubelet's is 90 s (k8s: pkg/kubelet/server).
api.keepAliveTimeout = 0
kubelet.keepAliveTimeout = 90_000
const listening = (server: { listen(port: number, host: string, done: () => void): unknown }, port: number) =>
  new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
await listening(api, 6443)
if (takes > 0) await pause(takes)
await listening(kubelet, 10_250)
await listening(plain('kubelet-broken'), 10_248)
await listening(plain('proxy-broken'), 10_256)
process.stdout.write('ready\n')
