import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { momentOf } from '../../../../agent/cli/commands/replay.ts'
import { headOf, shot } from '../../film/shooting.ts'
import { typed } from './typed.ts'

// Each command is a process of its own.
t.setTimeout(180_000)
const { agent, folder } = typed(t)
const film = join(folder, 'a.film')
const { film: text } = await shot(t, 12, [
  {
    at: 250_000,
    run: (node) => node.firewall.flush(),
    wakes: { firewall: '# new generation 99 by process 4711 (iptables)' },
  },
])
writeFileSync(film, text)

t.test('what would have been told, and when', async (t) => {
  const { exit, out, err } = agent('replay', film)
  t.equal(exit, 0)
  t.match(out, /^Film of node1, from 2026-11-24 00:00:00 UTC\n\n00:04:10 UTC {2}opened {4}node1: /)
  t.match(out, /\n12 min, \d+ rounds, [1-9] messages\n$/)
  t.match(err, /the film is from Murphy 0, this is/)
  t.equal(agent('replay', film).out, out, 'every time the same')
  const json = JSON.parse(agent('replay', film, '--json').out)
  t.match(json, {
    ...{
      version: 2,
      node: 'node1',
      from: '2026-11-24T00:00:00.000Z',
      to: '2026-11-24T00:12:00.000Z',
      end: 'time',
    },
    told: [{ at: '2026-11-24T00:04:10.000Z', kind: 'opened', title: /node1/ }],
  })
})

t.test('the status and a page at a moment, with their exit codes', async (t) => {
  t.match(agent('replay', film, '--at', '4m'), { exit: 0, out: /node1/ })
  t.match(agent('replay', film, '--at', '00:05'), { exit: 2, out: /CRITICAL/ })
  t.match(JSON.parse(agent('replay', film, '--at', '5m', '--json').out), {
    ...{ node: 'node1', at: '2026-11-24T00:05:00.000Z', state: 'critical' },
  })
  const page = agent('replay', film, '--at', '5m', '--page', 'firewall', '--json')
  t.equal(page.exit, 2)
  t.match(JSON.parse(page.out), { page: 'firewall', source: 'recording', now: '2026-11-24T00:05:00.000Z' })
  t.match(agent('replay', film, '--at', '5m', '--page', 'network'), {
    exit: 0,
    out: /^node1 {2}flannel, vxlan/,
  })
  t.match(agent('replay', film, '--at', '5m', '--page', 'weather'), {
    exit: 3,
    err: /must be one of status, /,
  })
})

t.test('wrong words', async (t) => {
  t.match(agent('replay', film, '--at', 'noon'), { exit: 3, err: /invalid time/ })
  t.match(agent('replay', film, '--page', 'firewall'), { exit: 3, err: /--page needs --at/ })
  t.match(agent('replay', film, '--speed', '0'), { exit: 3, err: /must be a number/ })
  t.match(agent('replay', film, '--min', 'all'), { exit: 3, err: /must be one of info/ })
  t.match(agent('replay', join(folder, 'none')), { exit: 3, err: /ENOENT/ })
})

t.test('at a speed it takes its time', async (t) => {
  const begun = performance.now()
  t.equal(agent('replay', film, '--speed', '250').exit, 0)
  t.ok(performance.now() - begun > 1_000, '250 s at 250 times')
})

t.test('a film that is cut off, broken or hostile', async (t) => {
  const at = (name: string, content: string) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const lines = text.split('\n')
  const half = at('cut', text.slice(0, text.length / 2))
  t.match(agent('replay', half), { exit: 0, out: /cut off at line \d+\n$/ })
  const broken = at('broken', [...lines.slice(0, 4), '{"round":', ...lines.slice(4)].join('\n'))
  t.match(agent('replay', broken), { exit: 3, err: new RegExp(`${broken}:5: this is no JSON`) })
  const newer = at('newer', text.replace('"film":1', '"film":2'))
  t.match(agent('replay', newer), { exit: 3, err: /:1: .*format that this version of Murphy does not know/ })
  const forged = at('forged', text.replace('"node":"node1"', '"node":"x\\u001b[2J\\u202ey"'))
  const { exit, out } = agent('replay', forged)
  t.equal(exit, 0)
  t.notMatch(out, /[\u001b\u202e]/)
  t.match(agent('replay', at('deep', `${lines[0]}\n${'['.repeat(5_000_000)}\n`)), {
    exit: 3,
    err: /:2: values are nested/,
  })
  t.match(agent('replay', '/dev/null'), { exit: 3, err: /this is no film/ })
  t.equal(readFileSync(film, 'utf8'), text)
})

t.test('moments as people write them', async (t) => {
  const head = headOf(Date.parse('2026-11-24T23:50:30Z'))
  const at = (it: string) => new Date(momentOf(it, head)).toISOString()
  t.equal(at('5m'), '2026-11-24T23:55:30.000Z')
  t.equal(at('23:51'), '2026-11-24T23:51:00.000Z')
  t.equal(at('00:10:05'), '2026-11-25T00:10:05.000Z', 'after midnight')
  t.equal(at('2026-11-24T23:59:00Z'), '2026-11-24T23:59:00.000Z')
})
