import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { main, nodes, typed } from './typed.ts'

const { agent, folder } = typed(t)

t.test('check looks once, at this machine and at a recorded one', async (t) => {
  t.equal(agent('check', '--node', join(nodes, 'healthy')).exit, 0)
  const flushed = agent('check', '--node', join(nodes, 'flush-535'))
  t.equal(flushed.exit, 2)
  t.match(flushed.out, /^\S node1 {2}CRITICAL {2}1 incident {4}k3s server v1\.21\.2\+k3s1/)
  const late = agent('check', '--json', '--node', join(nodes, 'healthy'), '--at', '2027-11-25T00:00:00Z')
  t.equal(late.exit, 2)
  t.match(JSON.parse(late.out).incidents[0].cause, { code: 'certs.expired' })
  t.ok([0, 1, 2].includes(agent('check').exit as number), 'without a daemon')
  const graver = agent('check', '-o', 'name', '--severity', 'critical', '--node', join(nodes, 'flush-535'))
  t.match(graver, { exit: 2, out: /^firewall\.kube-chains-missing\/ipv4\n/ })
  t.match(agent('check', '--node', folder), { exit: 3, err: /no recorded node/ })
  t.match(agent('check', '--at', 'soon'), { exit: 3, err: /invalid time/ })
})

t.test(
  'check needs no root: what it cannot read it reports as blind',
  { skip: process.getuid?.() !== 0 && 'is not root anyway' },
  async (t) => {
    const bare = mkdtempSync(join(tmpdir(), 'murphy-nobody-'))
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const ran = spawnSync(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main, 'check', '--json'],
      { encoding: 'utf8', env: { HOME: bare, PATH, NODE_COMPILE_CACHE } },
    )
    rmSync(bare, { recursive: true })
    const seen = JSON.parse(ran.stdout || '{}') as {
      collectors?: { name: string; state: string; unseen: { why: string }[] }[]
    }
    const memory = seen.collectors?.find((it) => it.name === 'memory')
    t.equal(memory?.state, 'blind', ran.stderr)
    t.match(memory?.unseen[0]?.why, /permission denied|not permitted/)
  },
)
