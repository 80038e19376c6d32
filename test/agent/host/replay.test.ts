import t from 'tap'
import { slug } from '../../../agent/host/recording.ts'
import { recordedNode } from '../../../agent/host/replay.ts'

const node = (files: FixtureDirContent, more: object = {}) => ({
  'node.json': JSON.stringify({ format: 1, node: 'node1', at: '2026-11-22T12:00:00Z', ...more }),
  files,
  commands: {},
})
type FixtureDirContent = NonNullable<Parameters<typeof t.testdir>[0]>

t.test('it answers as the node did, links and all', async (t) => {
  const folder = t.testdir(
    node(
      {
        etc: { 'a.conf': 'a = 1\n' },
        var: {
          log: {
            pods: { x: { '0.log': 'line\n' } },
            containers: { 'x.log': t.fixture('symlink', '/var/log/pods/x/0.log') },
          },
        },
      },
      {
        lists: { '/run/empty': [] },
        stats: {
          '/etc/a.conf': { kind: 'file', size: 6, mtime: 5, ctime: 5, dev: 1, ino: 2, uid: 0, mode: 384 },
        },
      },
    ),
  )
  const host = recordedNode(folder)
  t.equal(host.now(), Date.parse('2026-11-22T12:00:00Z'))
  t.equal(host.node, 'node1')
  t.equal(await host.text('/etc/a.conf'), 'a = 1\n')
  t.equal(
    await host.text('/var/log/containers/x.log'),
    'line\n',
    'an absolute link stays within the recording',
  )
  t.equal(await host.target('/var/log/containers/x.log'), '/var/log/pods/x/0.log')
  t.strictSame(await host.list('/run/empty'), [])
  t.strictSame(await host.list('/var/log/containers'), [{ name: 'x.log', kind: 'link' }])
  t.match(await host.stat('/etc/a.conf'), { mtime: 5, ino: 2 })
  await t.rejects(host.text('/etc/none'), { code: 'missing' })
  await t.rejects(host.text('/etc/a.conf', { limit: 2 }), { code: 'too-large' })
  t.equal(recordedNode(folder, { now: () => 7 }).now(), 7)
})

t.test('a link may not lead out of the recording, nor round in circles', async (t) => {
  const folder = t.testdir(
    node({
      out: t.fixture('symlink', '../../../../../../../../etc/passwd'),
      a: t.fixture('symlink', 'b'),
      b: t.fixture('symlink', 'a'),
    }),
  )
  await t.rejects(recordedNode(folder).text('/out'), { code: 'missing' })
  await t.rejects(recordedNode(folder).text('/../../../../../../etc/passwd'), { code: 'missing' })
  await t.rejects(recordedNode(folder).text('/a'), { code: 'failed', message: /too many links/ })
})

t.test('what was not asked then is not known now, and errors are what they were', async (t) => {
  const folder = t.testdir({
    'node.json': JSON.stringify({
      format: 1,
      node: 'node1',
      at: '2026-11-22T12:00:00Z',
      errors: { 'read /secret': ['denied', 'reading /secret: permission denied'] },
      handshakes: { '127.0.0.1:6443': ['refused', 'nobody listens'] },
      resolutions: {
        '10.43.0.10:53 A a.example': { rcode: 'NOERROR', addresses: ['192.0.2.7'] },
        '10.43.0.10:53 A b.example': ['timeout', 'no answer'],
      },
      probes: { '10.42.1.0': { answer: 'arrived' }, '10.42.1.0 1450': { answer: 'silence' } },
    }),
    commands: {
      [`${slug(['ip', '-j', 'link'])}.out`]: '[]\n',
      [`${slug(['nft', 'list'])}.json`]: JSON.stringify({
        argv: ['nft', 'list'],
        error: ['missing', 'no nft'],
      }),
      [`${slug(['false'])}.json`]: JSON.stringify({ argv: ['false'], exit: 1, stderr: 'bad' }),
    },
  })
  const host = recordedNode(folder)
  await t.rejects(host.text('/secret'), { code: 'denied' })
  t.match(await host.run(['ip', '-j', 'link']), { stdout: '[]\n', exit: 0 })
  t.match(await host.run(['false']), { stdout: '', stderr: 'bad', exit: 1 })
  await t.rejects(host.run(['nft', 'list']), { code: 'missing' })
  await t.rejects(host.run(['never', 'asked']), { code: 'unrecorded' })
  await t.rejects(host.handshake({ host: '127.0.0.1', port: 6443 }), { code: 'refused' })
  await t.rejects(host.handshake({ host: '127.0.0.1', port: 10250 }), { code: 'unrecorded' })
  t.strictSame(await host.resolve({ server: '10.43.0.10', name: 'a.example' }), {
    rcode: 'NOERROR',
    addresses: ['192.0.2.7'],
  })
  await t.rejects(host.resolve({ server: '10.43.0.10', name: 'b.example' }), { code: 'timeout' })
  t.strictSame(await host.probe({ address: '10.42.1.0' }), { answer: 'arrived' })
  t.strictSame(await host.probe({ address: '10.42.1.0', size: 1450 }), { answer: 'silence' })
  await t.rejects(host.probe({ address: '10.42.2.0' }), { code: 'unrecorded' })
  await t.rejects(host.resolve({ server: '10.43.0.10', name: 'a.example', type: 'AAAA' }), {
    code: 'unrecorded',
  })
})

t.test('the kernel log keeps records and their continuation lines together', async (t) => {
  const folder = t.testdir(
    node({
      dev: { kmsg: '6,1,10,-;one\n SUBSYSTEM=x\n6,2,20,-;two, 3,4,\n4,5,30,-;three\n' },
    }),
  )
  const records: string[] = []
  await recordedNode(folder).kmsg(1, (it) => records.push(it))
  t.strictSame(records, ['6,2,20,-;two, 3,4,', '4,5,30,-;three'])
  await recordedNode(folder).kmsg(-1, (it) => records.push(it))
  t.equal(records[2], '6,1,10,-;one\n SUBSYSTEM=x')
})

t.test('a folder that is no recording is refused with what to do', async (t) => {
  t.throws(() => recordedNode(t.testdir({})), /no recorded node; write one with `agent record/)
  t.throws(() => recordedNode(t.testdir({ 'node.json': '{"format":9}' })), /format/)
})
