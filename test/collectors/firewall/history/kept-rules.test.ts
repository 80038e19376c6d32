import t from 'tap'
import type { Artifact, Host } from '../../../../agent/model/index.ts'
import { collect } from '../../../../collectors/firewall/collect.ts'
import { rulesWhole } from '../../../../collectors/firewall/dump/whole.ts'
import { aboutRules, unpackRules } from '../../../../collectors/firewall/history/kept-rules.ts'
import { node, printed } from '../look.ts'

t.test('kept the first time and at changes, not after a flush', async (t) => {
  const kept: Artifact[] = []
  const keep = (it: Artifact) => void kept.push(it)
  const first = await collect(node('healthy'), { heard: [], keep })
  t.match(kept, [{ about: { rules: 113, good: true, counts: { 'kube-proxy': 63 } } }])
  const again = await collect(node('healthy'), { heard: [], keep, sample: first })
  t.equal(kept.length, 1)
  await collect(node('flush-535'), { heard: [], keep, sample: again })
  t.equal(kept.length, 1)
  await collect(node('ufw-default-deny'), { heard: [], keep, sample: again })
  t.match(kept[1]?.about, { rules: 281, good: false }, 'SSH is shut out: kept, but not as good')
})

t.test('what is said of kept rules is read back, whatever a disk made of it', async (t) => {
  const about = { rules: 113, good: true, counts: { ufw: 3 }, by: 'iptables' }
  t.strictSame(aboutRules(about), about)
  t.strictSame(aboutRules({}), { rules: 0, good: false, counts: {} })
  t.strictSame(aboutRules({ rules: 'x', good: 'yes', counts: [null, 'a'], by: 7 }), {
    rules: 0,
    good: false,
    counts: { 0: 0, 1: 0 },
  })
})

t.test('what was printed comes back, small', async (t) => {
  const sample = await collect(node('ufw-default-deny'), { heard: [] })
  const body = await rulesWhole(node('ufw-default-deny'), sample.sets)
  t.ok((body?.length ?? 0) < 12_000, `${body?.length} bytes for 281 rules`)
  const parts = unpackRules(body ?? new Uint8Array())
  t.same(parts.map((it) => it.part).sort(), ['ipset', 'ipv4 nft', 'ipv6 nft'])
  t.equal(
    `${parts.find((it) => it.part === 'ipv4 nft')?.lines.join('\n')}\n`,
    await printed('ufw-default-deny'),
  )
})

t.test('too much is not kept, and half of it neither', async (t) => {
  const noise = (at: number) => `-A X ${Math.sin(at)} ${Math.cos(at)} ${Math.sin(at * 3.7)}`
  const host = (exit: number, lines: number) =>
    ({
      run: async (_argv: readonly string[], { line }: { line: (text: string) => void }) => {
        for (let at = 0; at < lines; at += 1) line(noise(at))
        return { stdout: '', stderr: '', exit }
      },
    }) as unknown as Host
  const sets = [{ family: 'ipv4', backend: 'nft', argv: ['x'] }] as const
  t.equal(await rulesWhole(host(0, 200_000), sets), undefined)
  t.equal(await rulesWhole(host(1, 5), sets), undefined)
  t.equal(unpackRules((await rulesWhole(host(0, 20_000), sets)) ?? new Uint8Array())[0]?.lines.length, 20_000)
})
