import { once } from 'node:events'
import { createInterface } from 'node:readline'
import t from 'tap'
import { wayIn } from '../../collectors/firewall/walk.ts'
import { generated } from '../collectors/firewall/generated.ts'
import { saved, ssh } from '../collectors/firewall/look.ts'
import { cannot, namespace } from '../collectors/firewall/namespace.ts'

/** What Murphy says of the way in, against a connection that is really tried. TRUTHS sets how many. */
t.setTimeout(600_000)
const why = cannot()
const many = Number(process.env.TRUTHS ?? 240)

t.test('the verdict and the truth never contradict', why ? { skip: why } : {}, async (t) => {
  const it = await namespace(t)
  const peer = await namespace(t)
  await it.sh(
    `ip link add v0 type veth peer name v1 netns ${peer.pid}; ip addr add 192.0.2.1/24 dev v0; ip link set v0 up`,
  )
  await peer.sh('ip addr add 192.0.2.2/24 dev v1; ip link set v1 up')
  const server = it.start([
    process.execPath,
    '-e',
    `require('net').createServer((one) => { one.on('error', () => {}); one.on('data', () => one.end('hello')) }).listen(22, '0.0.0.0', () => console.log('on'))`,
  ])
  await once(server.stdout as NodeJS.ReadableStream, 'data')
  // One process tries, as often as it is told to.
  const client = peer.start([
    process.execPath,
    '-e',
    `require('readline').createInterface({ input: process.stdin }).on('line', () => {
       const one = require('net').connect({ host: '192.0.2.1', port: 22 })
       const say = (text) => { one.destroy(); clearTimeout(timer); console.log(text) }
       const timer = setTimeout(() => say('shut'), 300)
       // As with SSH, a connection is of use only when something comes back to what was said.
       one.on('connect', () => one.write('hi')).on('data', () => say('open')).on('error', () => say('shut'))
     }); console.log('ready')`,
  ])
  const answers = createInterface({ input: client.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  await answers.next()
  const isOpen = async () => {
    client.stdin?.write('try\n')
    return (await answers.next()).value === 'open'
  }
  // Address resolution must not count as a shut door.
  t.ok(await isOpen())

  const count = { accept: 0, drop: 0, maybe: 0, plain: 0, plainDoubt: 0 }
  const wrong: string[] = []
  for (let seed = 1; seed <= many; seed += 1) {
    const { text, plain } = generated(seed)
    const backend = seed % 6 === 0 ? 'legacy' : 'nft'
    await it.run([`iptables-${backend}-restore`], text)
    const printed = (await it.run([`iptables-${backend}-save`])).stdout
    const { verdict } = wayIn(saved(printed, [ssh]).tables, ssh)
    const open = await isOpen()
    count[verdict] += 1
    if (plain) count.plain += 1
    if (plain && verdict === 'maybe') {
      count.plainDoubt += 1
      wrong.push(`seed ${seed}: in doubt though nothing is unclear\n${text}`)
    }
    if ((verdict === 'accept' && !open) || (verdict === 'drop' && open))
      wrong.push(`seed ${seed}: ${verdict}, but it is ${open ? 'open' : 'shut'}\n${text}`)
    await it.sh(
      `for t in filter mangle; do iptables-${backend} -t $t -P ${'INPUT'} ACCEPT; iptables-${backend} -t $t -F; iptables-${backend} -t $t -X; done`,
    )
  }
  t.comment(JSON.stringify(count))
  t.same(wrong, [])
  t.ok(count.accept > many / 10 && count.drop > many / 10, 'both happen often enough to mean something')
})
