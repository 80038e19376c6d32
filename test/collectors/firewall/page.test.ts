import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Artifact } from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'
import { collect } from '../../../collectors/firewall/collect.ts'
import { page } from '../../../collectors/firewall/page.ts'
import { viewOn } from '../../agent/views.ts'
import { node, nodes, printed } from './look.ts'

/** The commands as people type them, with and without a daemon that answers. */
const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const config = join(folder, 'config.yaml')
writeFileSync(config, `node: test-node\nstate_dir: ${folder}/state\nsocket: ${folder}/agent.sock\n`)
const main = join(import.meta.dirname, '../../../agent/main.ts')
const agent = (...args: string[]) => {
  const ran = spawnSync(process.execPath, [main, '--config', config, 'firewall', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { exit: ran.status, out: ran.stdout, err: ran.stderr }
}

t.test('a recorded node, on a page and as JSON', async (t) => {
  const shown = agent('--node', join(nodes, 'healthy'))
  t.equal(shown.exit, 0, shown.err)
  t.match(shown.out, /^node1: 113 rules[\s\S]*kube-proxy +41 +22[\s\S]*Kept rule sets\n {2}none yet/)
  t.match(JSON.parse(agent('--json', '--node', join(nodes, 'healthy')).out), {
    version: 2,
    node: 'node1',
    artifacts: [],
    data: { rules: 113 },
  })
})

t.test('what is kept, without a daemon: from the disk', async (t) => {
  t.match(agent('show', 'good'), { exit: 3, err: /no rule set is kept yet/ })
  const store = openStore(join(folder, 'state'), 0)
  const keep = (at: number) => (it: Artifact) => store.keep('firewall', it, at)
  const healthy = await collect(node('healthy'), { heard: [], keep: keep(1000) })
  await collect(node('ufw-default-deny'), { heard: [], keep: keep(2000), sample: healthy })
  store.saveSample('firewall', healthy, 2000)
  const good = agent('show', 'good')
  t.equal(good.out, await printed('healthy'), 'the last good one, to the letter')
  t.equal(agent('show', '2', '--ipv6').out, await printed('ufw-default-deny', 'ip6tables-nft-save'))
  t.match(agent('show', '2', '--legacy').err, /2 has no part ipv4 legacy; valid: ipv6 nft, ipv4 nft/)
  t.match(agent('show', '9'), { exit: 3, err: /no kept rule set 9; valid: good, now, 2, 1/ })
  const diff = agent('diff', '1', '2', '--node-is-no-option')
  t.equal(diff.exit, 3)
  t.match(agent('diff', '1', '2').out, /^From 1 \(.*\) to 2 [\s\S]*ufw, ipv4 nft filter: 0 deleted, 65 added/)
  t.match(agent('diff', '1', '2').out, /… 45 more: --all/)
  t.notMatch(agent('diff', '1', '2', '--all').out, / more \(--all\)/)
  store.close()
})

t.test('in the JSON, rules by owner and changes with their times', async (t) => {
  const at = Date.parse('2026-11-23T03:00:00Z')
  const iso = '2026-11-23T03:00:00.000Z'
  const by = [{ name: 'iptables', pid: 7, at }]
  const sample = await collect(node('ufw-default-deny'), { heard: [] })
  const journal = [{ at, seen: at, by, before: { ufw: 0 }, after: { ufw: 65 } }]
  const json = page.json(viewOn({ ...sample, journal }, {}))
  t.strictSame(json.changes, [
    { at: iso, seen: iso, by: [{ ...by[0], at: iso }], before: { ufw: 0 }, after: { ufw: 65 } },
  ])
  t.match(json.sets, [
    { family: /^ipv/, owners: { ufw: /^\d+$/ }, longest: [{ chain: / /, rules: /^\d+$/ }] },
  ])
  t.notMatch(
    JSON.stringify(json),
    /"(hash|argv|memory)"/,
    'what only the next look has a use for stays inside',
  )
})
