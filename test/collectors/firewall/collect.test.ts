import t from 'tap'
import { type Host, HostError, type Past } from '../../../agent/model/index.ts'
import { assess } from '../../../collectors/firewall/assess.ts'
import { collect } from '../../../collectors/firewall/collect.ts'
import type { FirewallSample } from '../../../collectors/firewall/sample.ts'
import { node } from './look.ts'

const nobody: Past<FirewallSample> = { heard: [] }
const denied = (...commands: readonly string[]): Partial<Host> => ({
  run: async (argv, options) => {
    if (commands.includes(argv[0] ?? ''))
      return { exit: 4, stdout: '', stderr: 'Permission denied (you must be root)' }
    return node('healthy').run(argv, options)
  },
})

t.test('a sample is small, plain, and holds no rules', async (t) => {
  const sample = await collect(node('ufw-default-deny'), nobody)
  const json = JSON.stringify(sample)
  t.same(JSON.parse(json), sample)
  t.ok(json.length < 6000, `${json.length} characters`)
  t.notMatch(json, /-A /)
  t.match(sample.k3s, { unit: 'k3s', proxies: ['ipv4'], running: { pid: 1234 } })
})

t.test('after a flush the reference and the author are in the sample', async (t) => {
  const healthy = await collect(node('healthy'), nobody)
  const heard = [
    ...['filter', 'nat'].flatMap((it) =>
      Array.from({ length: 16 }, (_, at) => `delete rule ip ${it} OUTPUT handle ${at}`),
    ),
    '# new generation 9 by process 25978 (iptables)',
  ].map((text) => ({ at: 1_795_392_000_000, text }))
  const flushed = await collect(node('flush-535'), { sample: healthy, at: 1_795_391_900_000, heard })
  t.match(flushed.memory.flushes, [{ subject: 'ipv4', steps: [{ by: { pid: 25978 } }] }])
  const later = await collect(node('flush-535-4m'), {
    sample: JSON.parse(JSON.stringify(flushed)),
    heard: [],
  })
  t.match(later.memory.flushes, [
    { steps: [{ by: { pid: 25978 }, tables: { 'ipv4 filter': { least: 0 }, 'ipv4 nat': { least: 0 } } }] },
  ])
  const back = await collect(node('restart-after-flush'), { sample: later, heard: [] })
  t.equal(back.memory.flushes, undefined)
})

t.test('not seeing is not a flush', async (t) => {
  const healthy = await collect(node('healthy'), nobody)
  const host = { ...node('healthy'), ...denied('iptables-nft-save') }
  const sample = await collect(host, { sample: healthy, heard: [] })
  t.match(
    sample.unseen?.find((it) => it.what === 'IPv4 rules'),
    {
      codes: ['firewall.flushed', 'firewall.kube-chains-missing'],
      why: /not permitted/,
    },
  )
  t.same(sample.memory, healthy.memory)
  t.same(assess(sample, host.now()), [])
  t.ok(sample.sets.find((it) => it.family === 'ipv4')?.stale)
  t.same(
    (await collect(host, nobody)).sets.map((it) => it.family),
    ['ipv6'],
  )
})

t.test('IPv6 that cannot be seen keeps no verdict on IPv4 back', async (t) => {
  const healthy = await collect(node('healthy'), nobody)
  const host = { ...node('healthy'), ...denied('ip6tables-nft-save') }
  const sample = await collect(host, { sample: healthy, heard: [] })
  t.match(
    sample.unseen?.find((it) => it.what === 'IPv6 rules'),
    { codes: [] },
  )
  t.same(sample.memory, healthy.memory)
})

t.test('a filter table that only nft can print leaves SSH in doubt', async (t) => {
  const host: Host = {
    ...node('healthy'),
    run: async (_argv, options) => {
      options?.line?.("# Table `filter' is incompatible, use 'nft' tool.")
      return { exit: 0, stdout: '', stderr: '' }
    },
  }
  const sample = await collect(host, { sample: await collect(node('healthy'), nobody), heard: [] })
  t.match(sample.input.ipv4, { verdict: 'maybe' })
})

t.test('ufw’s files that cannot be read cost nothing else', async (t) => {
  const host: Host = {
    ...node('healthy'),
    text: async (path, options) => {
      if (path.startsWith('/etc/ufw')) throw new HostError('denied', `reading ${path}: no`)
      return node('healthy').text(path, options)
    },
  }
  const sample = await collect(host, nobody)
  t.same(sample.unseen, [
    { what: "ufw's settings", why: 'reading /etc/ufw/ufw.conf: no', codes: ['firewall.ufw-drift'] },
  ])
  t.equal(sample.sets.length, 2)
})
