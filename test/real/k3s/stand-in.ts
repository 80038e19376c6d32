import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { TLSSocket } from 'node:tls'

/**
 * A stand-in for k3s: its process name, its ports on loopback, real TLS with a real check of the client's
 * certificate, and its own words, as measured on k3s v1.21.2. `touch DIR/broken` makes `/readyz` fail.
 */
const [data = ''] = process.argv.slice(2)
const tls = `${data}/server/tls`
const unauthorized = `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`
const broken = () => {
  try {
    return readFileSync(`${data}/broken`) !== undefined
  } catch {
    return false
  }
}
const api = createTls(
  {
    cert: readFileSync(`${tls}/serving-kube-apiserver.crt`),
    key: readFileSync(`${tls}/serving-kube-apiserver.key`),
    ca: readFileSync(`${tls}/client-ca.crt`),
    requestCert: true,
    rejectUnauthorized: false,
  },
  (request, response) => {
    if (request.url === '/ping') response.end('pong')
    else if (!(request.socket as TLSSocket).authorized) response.writeHead(401).end(unauthorized)
    else if (broken())
      response.writeHead(500).end('[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n')
    else response.end('ok')
  },
)
const plain = () => createServer((_, response) => response.end('ok'))
const listening = (server: { listen(port: number, host: string, done: () => void): unknown }, port: number) =>
  new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
await listening(api, 6443)
await listening(plain(), 10_248)
await listening(plain(), 10_256)
process.title = 'k3s-server'
process.stdout.write('ready\n')
