import { appendFileSync, readFileSync } from 'node:fs'
import { startApiServer } from './kubernetes.ts'

/**
 * A k3s server as its nodes meet it, as a process of its own: by the certificates in the data folder that is its first
 * argument, on 6443. It ends at the first signal, as k3s's API does, and writes each change it was asked for into the
 * file that is its second argument: method and path, then the body.
 */
process.title = 'k3s-server'
const [data = '', said = ''] = process.argv.slice(2)
const tls = `${data}/server/tls`
const pem = (name: string) => readFileSync(`${tls}/${name}.crt`, 'utf8')
const serving = { pem: pem('serving-kube-apiserver'), key: `${tls}/serving-kube-apiserver.key` }
const api = await startApiServer({ serving, clients: { pem: pem('client-ca') }, port: 6443 })
api.nodes.set('node1', { uid: '5f0c-1', conditions: [] })
api.fault = ({ method, path, body }) => {
  if (method !== 'GET') appendFileSync(said, `${method} ${path} ${body}\n`)
  return undefined
}
