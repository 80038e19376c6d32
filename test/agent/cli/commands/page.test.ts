import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { serve } from '../../../../agent/api/serve.ts'
import { exitCode } from '../../../../agent/api/snapshot.ts'
import { envelope, pages, reachOf, stateOf } from '../../../../agent/cli/commands/page.ts'
import { viewOf } from '../../../../agent/cli/commands/view-of.ts'
import { defaults } from '../../../../agent/config/defaults.ts'
import { round, sampleVersionOf } from '../../../../agent/core/round.ts'
import { recordedNode } from '../../../../agent/host/replay.ts'
import type { Collector, Finding, Page, Severity } from '../../../../agent/model/index.ts'
import { openStore } from '../../../../agent/state/store.ts'
import { collectors } from '../../../../collectors/index.ts'
import type { MemorySample } from '../../../../collectors/memory/sample.ts'
import { finding } from '../../findings.ts'
import { picture } from '../../small.ts'
import { viewOn } from '../../views.ts'
import { main, nodes, typed } from './typed.ts'

const { agent, config, folder } = typed(t)
const withPage = collectors.flatMap((it) => (it.page ? [[it, it.page] as const] : []))
const names = withPage.map(([, page]) => page.name)
const now = Date.parse('2026-11-23T03:30:00Z')

/** What people type while this process answers as the daemon: it must not wait for them. */
const typing = async (...args: string[]) => {
  const run = promisify(execFile)(process.execPath, [main, '--config', config, ...args])
  return run.then(
    ({ stdout }) => ({ exit: 0, out: stdout, err: '' }),
    (error) => ({ exit: error.code as number, out: error.stdout as string, err: error.stderr as string }),
  )
}

/** A daemon's socket with a real store behind it. */
async function daemon(ledger: readonly Finding[], nodeOf: (it: Collector) => string) {
  const store = openStore(join(folder, 'state'), now)
  store.saveLedger(ledger)
  for (const [it] of withPage) {
    const host = recordedNode(join(nodes, nodeOf(it)))
    const { sample, at } = await round(it, defaults(it.settings), host, { heard: [] })
    store.saveSample(it.name, sample ?? {}, at, true, sampleVersionOf(it))
  }
  const snapshot = () => ({ ...picture, node: 'daemon-node', cluster: 'home', at: now })
  const server = await serve({
    ...{ socket: join(folder, 'agent.sock'), snapshot, store },
    silence: () => undefined,
  })
  return {
    store,
    close() {
      server.close()
      store.close()
    },
  }
}

t.test('all pages have the same options, and their own besides', async (t) => {
  t.strictSame(names.toSorted(), ['certs', 'firewall', 'memory', 'network'])
  for (const { name, words } of pages())
    t.strictSame(
      words.slice(0, 4).map(([form]) => form),
      ['--json', '-o, --output <FORM>', '--node <DIR>', '--at <TIME>'],
      name,
    )
  const own = pages().map(({ name, words }) => [name, words.slice(4).map(([form]) => form)])
  t.strictSame(Object.fromEntries(own), {
    certs: ['--all', '--expiring-within <TIME>'],
    ...{ firewall: [], network: [], memory: [] },
  })
})

t.test('the findings are those of the ledger, whatever a new judgement would say', async (t) => {
  const bridge = finding({
    ...{ code: 'cni.bridge-missing', severity: 'critical', subject: 'cni0', since: now - 60_000 },
    ...{ title: 'the pod bridge is gone', text: 'It was seen to go.' },
  })
  const over = finding({ code: 'memory.oom-kill', severity: 'critical', resolved: now })
  // As the ledger holds it, nothing is wrong with what was seen of certificates and memory, and something with a network that is well.
  const { close } = await daemon([bridge, over], (it) => (it.name === 'memory' ? 'oom-kills' : 'healthy'))
  const page = await typing('network')
  t.equal(page.exit, 2, page.err)
  t.match(
    page.out,
    /^daemon-node {2}flannel, vxlan[\s\S]*CRITICAL the pod bridge is gone\. It was\s+seen to go\./,
  )
  const json = JSON.parse((await typing('network', '--json')).out)
  t.equal(json.cluster, 'home', 'as the daemon knows it')
  t.match(json, { source: 'daemon', state: 'critical', findings: [{ code: bridge.code, text: bridge.text }] })
  const memory = await typing('memory', '--json')
  t.equal(memory.exit, 0, 'the kills that are in the sample are no finding any more')
  t.match(JSON.parse(memory.out), { state: 'ok', findings: [] })
  t.ok(JSON.parse(memory.out).data.victims.length > 0)
  close()

  const left = agent('network', '--json')
  t.equal(left.exit, 3, 'nobody runs')
  t.match(JSON.parse(left.out), {
    ...{ source: 'saved', state: 'unknown', node: 'test-node' },
    problem: /not running on this machine; the state below is .* old/,
    findings: [{ code: bridge.code }],
  })
  const stale = agent('network')
  t.match(stale, {
    exit: 3,
    out: /^Murphy is not running[\s\S]*test-node {2}flannel[\s\S]*It was\s+seen to go/,
  })
})

t.test('the exit codes are the same for all', async (t) => {
  const { store, close } = await daemon([], () => 'healthy')
  const cases: readonly (readonly [readonly (Severity | 'blind')[], number])[] = [
    [[], 0],
    [['info'], 0],
    [['info', 'warning'], 1],
    [['warning', 'critical'], 2],
    [['warning', 'blind'], 3],
    [['critical', 'blind'], 2],
  ]
  for (const [it, page] of withPage)
    for (const [open, exit] of cases) {
      store.saveLedger(
        open.map((severity, at) =>
          severity === 'blind'
            ? finding({ code: `${it.name}.blind`, text: 'no permission.' })
            : finding({ code: `${it.name}.thing-${at}`, severity }),
        ),
      )
      const view = await viewOf(it, { config })
      const name = `${page.name}, ${open.join(' and ') || 'nothing'}`
      t.equal(exitCode(stateOf(view)), exit, name)
      t.equal(view.source, 'daemon')
      t.strictSame(
        (envelope(page, view) as { findings: Finding[] }).findings.map((one) => one.severity),
        open.toSorted(gravestFirst).map((one) => (one === 'blind' ? 'warning' : one)),
        `${name}: all in the JSON, gravest first, blindness last`,
      )
      if (open.includes('blind')) t.match(view.unseen.at(-1), { why: /./ }, `${name}: and why`)
      if (open.includes('warning'))
        t.match(page.render(view, plain), `thing-${open.indexOf('warning')} is so.`)
    }
  close()
})

const plain = { color: false, width: 200 }
const order = ['critical', 'warning', 'info', 'blind']
const gravestFirst = (a: string, b: string) => order.indexOf(a) - order.indexOf(b)

t.test('subcommands with --node see the recording alone', async (t) => {
  const [firewall] = withPage.find(([it]) => it.name === 'firewall') as [Collector, Page]
  const { store, close } = await daemon([], () => 'healthy')
  store.keep('firewall', { about: { rules: 3, good: true }, body: Buffer.from('abc') }, now)
  const [kept] = await reachOf(firewall, { config }).artifacts()
  t.match(kept, { about: { rules: 3 } })
  const id = kept?.id ?? 0
  t.strictSame(Buffer.from((await reachOf(firewall, { config }).body(id)) ?? []).toString(), 'abc')

  const node = join(nodes, 'ufw-default-deny')
  const reach = reachOf(firewall, { config, node })
  t.strictSame(await reach.artifacts(), [])
  t.equal(await reach.body(id), undefined)
  const then = recordedNode(node)
  t.equal(await reach.asking(async (host) => host.now()), then.now())
  const shown = await typing('firewall', 'show', 'good', '--node', node)
  t.match(shown, { exit: 3, out: '', err: /no rule set is kept yet/ })
  t.match(await typing('firewall', 'diff', '--node', node), { exit: 3, out: '' })
  t.match(await typing('firewall', 'diff', 'now', 'now', '--node', node), {
    ...{ exit: 0, out: 'No difference between now and now.\n', err: '' },
  })
  t.match(await typing('firewall', 'diff', 'now', 'now', '--node', folder), {
    exit: 3,
    err: /no recorded node/,
  })
  for (const part of ['diff', 'show'])
    for (const given of [['--json'], ['--at', '2026-11-23T03:30:00Z'], ['--json', '--node', node]]) {
      const refused = await typing('firewall', part, 'good', ...given)
      t.match(refused, {
        exit: 3,
        out: '',
        err: new RegExp(`^agent: ${given[0]} is an option of \`agent firewall\`; `),
      })
    }
  close()
})

t.test('a mistake of the caller is told on stderr', async (t) => {
  t.match(agent('memory', '--at', 'soon'), { exit: 3, err: /invalid time/, out: '' })
  t.match(agent('memory', '--all'), { exit: 3, err: /unknown option/ })
})

t.test('the JSON is as the documentation shows it', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/status-json.md'), 'utf8')
  const [, example = ''] = /## Pages[\s\S]*?```json\n([\s\S]*?)```/.exec(text) ?? []
  const [, page] = withPage.find(([it]) => it.name === 'memory') as [Collector, Page]
  const made = envelope(page, {
    ...viewOn(memorySample, {}, { at: now - 12_000, now }),
    summary: '1 OOM kill in the last hour',
    findings: [kill],
    trend: [{ at: now - 60_000, value: 15_032_385_536 }],
    artifacts: [{ id: 1, at: now - 60_000, size: 812, about: { why: 'an example' } }],
  })
  t.strictSame(JSON.parse(JSON.stringify(made)), JSON.parse(example))
})

const pod = { namespace: 'shop', name: 'web-0', container: 'app' }
const kill = finding({
  ...{ code: 'memory.oom-kill', subject: 'shop/web-0/app', severity: 'critical', since: now - 60_000, pod },
  ...{
    title: 'OOMKilled: shop/web-0 (limit 64 MiB)',
    text: 'php (pid 8) was killed at its limit of 64 MiB.',
  },
  ...{ impact: 'Whoever it served got no answer.', fix: ['`agent memory`'], evidence: { kills: 1 } },
})
const memorySample: MemorySample = {
  ...{ cursor: 7, pods: [], total: 25_165_824_000, available: 15_032_385_536 },
  ...{ pressure: { some: 3, full: 1 }, unlimited: 3 },
  uses: { '5f0c': { pod, used: 52_428_800, limit: 67_108_864 } },
  account: { counted: 1, explained: 1, before: 0, lost: 0 },
  victims: [
    {
      ...{ subject: 'shop/web-0/app', pod, kills: 1, comm: 'php', pid: 8 },
      ...{ first: now - 60_000, last: now - 60_000, until: now + 3_540_000 },
    },
  ],
  recent: [{ at: now - 60_000, subject: 'shop/web-0/app', comm: 'php', pid: 8, rss: 62_914_560 }],
}

/** Every number and text in it, with the keys that lead there. */
function* leaves(it: unknown, path = ''): Generator<readonly [string, unknown]> {
  if (typeof it !== 'object' || it === null) yield [path, it]
  else for (const [key, value] of Object.entries(it)) yield* leaves(value, `${path}.${key}`)
}

t.test('times are ISO 8601 everywhere', async (t) => {
  const times = /\.(at|now|since|seen|notifyAt|first|last|until|booted|ended|from|to)$/
  const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
  for (const node of ['healthy', 'oom-kills', 'cni0-deleted', 'ufw-default-deny'])
    for (const [collector, page] of withPage) {
      const view = await viewOf(collector, { config, node: join(nodes, node), all: true })
      // `first` of a finding's evidence is the first of its files.
      const all = [...leaves(JSON.parse(JSON.stringify(envelope(page, view))))].filter(
        ([path]) => !path.endsWith('.evidence.first'),
      )
      const odd = all.filter(([path, it]) =>
        times.test(path) ? !iso.test(String(it)) : typeof it === 'number' && it > 1e12 && it < 3e12,
      )
      t.strictSame(odd, [], `${page.name} of ${node}`)
      t.ok(all.some(([path]) => times.test(path)))
    }
})
