import t from 'tap'
import { lens, type Raw } from '../../../agent/film/lens.ts'
import { screen } from '../../../agent/film/screen.ts'
import { type Host, HostError } from '../../../agent/model/index.ts'
import { machine } from '../../collectors/node/machine.ts'

const der = Uint8Array.of(1, 2, 255)

/** A Host that answers everything somehow. */
const node = (t: Parameters<typeof machine>[0]): Host => ({
  ...machine(t, { '/x': 'text\n', '/bytes': der }, { commands: { 'say it': 'a\nb\n' } }),
  recorded: false,
  stats: async () => [
    { kind: 'file', size: 1, mtime: 2, ctime: 3, dev: 4, ino: 5, uid: 6, mode: 7 },
    new HostError('missing', 'gone'),
  ],
  list: async () => [{ name: 'a\nb', kind: 'link' }],
  kmsg: async (_, record) => record('6,1,2,-;the kernel\n SUBSYSTEM=x'),
  range: async () => Buffer.from('part'),
  target: async () => '/to',
  space: async () => ({ size: 1, available: 2, inodes: 3, inodesFree: 4 }),
  handshake: async () => ({ certificates: [der], protocol: 'TLSv1.3' }),
  get: async () => ({ status: 200, body: 'ok' }),
  resolve: async () => ({ rcode: 'NOERROR', addresses: ['10.0.0.1'] }),
  probe: async ({ size }) => ({ answer: size === 1450 ? 'silence' : 'arrived' }),
})

async function asked(host: Host) {
  const lines: string[] = []
  const records: string[] = []
  await host.kmsg(0, (it) => records.push(it))
  const code = (error: unknown) => (error as HostError).code
  return {
    x: await host.text('/x'),
    bytes: [...(await host.read('/bytes'))],
    gone: await host.read('/gone').catch(code),
    large: await host.read('/x', { limit: 1 }).catch(code),
    stats: (await host.stats(['/a', '/b'])).map((it) => (it instanceof HostError ? it.code : it)),
    owned: (await host.owned('/x')).bytes?.length,
    unless: (await host.owned('/x', { unless: () => true })).bytes,
    list: await host.list('/l'),
    ran: await host.run(['say', 'it']),
    lined: await host.run(['say', 'it'], { line: (it) => lines.push(it) }),
    none: await host.run(['no']).catch(code),
    lines,
    records: records.map((it) => it.split('\n')[0]),
    part: Buffer.from(await host.range('/log', 4, 4)).toString(),
    target: await host.target('/link'),
    space: await host.space('/'),
    tls: (await host.handshake({ host: 'h', port: 1 })).certificates.map((it) => [...it]),
    get: await host.get({ host: 'h', port: 1, path: '/' }),
    dns: await host.resolve({ server: 's', name: 'n' }),
    near: await host.probe({ address: '10.42.1.0' }),
    whole: await host.probe({ address: '10.42.1.0', size: 1450 }),
  }
}

t.test('what went through a lens answers the same from a screen', async (t) => {
  const notes: (Raw | undefined)[] = []
  const through = lens(node(t), {
    withLogs: true,
    resolve: async (path) => path,
    asked(question) {
      const at = notes.push(undefined) - 1
      return (sum, clean) => {
        notes[at] = { question, sum, clean }
      }
    },
  })
  const then = await asked(through)
  t.strictSame(then, await asked(node(t)), 'a round sees what it saw without')
  const all = await Promise.all(
    notes.map(async (it) => [it?.question ?? '', (await it?.clean()) ?? ''] as const),
  )
  const answers = [...Map.groupBy(all, ([question]) => question)].map(
    ([question, those]) => [question, ...those.map(([, answer]) => answer)] as const,
  )
  const film = screen()
  const take = { round: 'x', at: 7, took: 0, heard: [], answers }
  film.show(take)
  const host = film.host(take)
  t.strictSame(await asked(host), then)
  t.equal(host.now(), 7)
  t.equal(host.recorded, false)
})

t.test('the text of logs only when it is asked for', async (t) => {
  const questions: string[] = []
  const answers: unknown[] = []
  const through = lens(node(t), {
    withLogs: false,
    resolve: async (path) => path,
    asked(question) {
      questions.push(question)
      return async (_, clean) => void answers.push(await clean())
    },
  })
  await through.range('/log', 4, 4)
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(questions, ['range /log'])
  t.match(answers, [{ error: ['unrecorded', /left out/] }])
})

t.test('of the API’s objects only what is read: annotations hold whole objects again', async (t) => {
  const answers: unknown[] = []
  const copy = '{"env":[{"name":"DB_PASSWORD","value":"hunter3"}]}'
  const metadata = {
    ...{ name: 'db-0', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': copy } },
  }
  const body = JSON.stringify({ kind: 'PartialObjectMetadataList', items: [{ metadata }] })
  const through = lens(
    { ...node(t), get: async () => ({ status: 200, body }) },
    {
      withLogs: true,
      resolve: async (path) => path,
      asked: () => async (_, clean) => void answers.push(await clean()),
    },
  )
  t.equal((await through.get({ host: 'h', port: 1, path: '/api/v1/pods?limit=1' })).body, body)
  await new Promise((resolve) => setImmediate(resolve))
  t.match(JSON.stringify(answers), /db-0/)
  t.notMatch(JSON.stringify(answers), /hunter3|annotations/)
})
