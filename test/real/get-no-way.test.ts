import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')
const ask = `
const { openMachine } = await import('${root}/agent/host/machine.ts')
const { heardFrom } = await import('${root}/collectors/node/kube-api.ts')
const machine = openMachine()
const host = machine.during(new AbortController().signal)
const all = {}
for (const address of ['10.8.0.1', '10.7.0.1', '10.6.0.1', '127.0.0.1']) {
  const asked = { host: address, port: 10250, path: '/', timeout: 1000 }
  const error = await host.get(asked).catch((it) => it)
  const heard = await heardFrom({ ...host, get: (it) => host.get({ ...it, authority: undefined }) }, { authority: '' }, { address, ...asked }, 1000)
  all[address] = [error.code, /no way/.test(error.message), heard]
}
console.log(JSON.stringify(all))
machine.close()
`

t.test('what the kernel does not even try to send is no answer of another machine', async (t) => {
  const routes = ['prohibit 10.8.0.0/24', 'blackhole 10.7.0.0/24', 'unreachable 10.6.0.0/24']
  const there = ['ip link set lo up', ...routes.map((it) => `ip route add ${it}`), 'exec "$0" "$@"'].join(
    ' && ',
  )
  const argv = [
    '--net',
    'sh',
    '-c',
    there,
    process.execPath,
    '--no-warnings',
    '--input-type=module',
    '-e',
    ask,
  ]
  const said = JSON.parse(execFileSync('unshare', argv, { encoding: 'utf8', timeout: 20_000 }))
  for (const it of ['10.8.0.1', '10.7.0.1', '10.6.0.1'])
    t.strictSame(said[it], ['refused', true, 'silent'], it)
  t.strictSame(said['127.0.0.1'], ['refused', false, 'closed'])
})
