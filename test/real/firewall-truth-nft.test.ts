import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Host } from '../../agent/model/index.ts'
import { type Family, families } from '../../collectors/firewall/cells.ts'
import { inputVerdict, verdictOf } from '../../collectors/firewall/checks/verdicts.ts'
import { readNative } from '../../collectors/firewall/dump/native.ts'
import { type Doorway, doorway, knocking } from '../collectors/firewall/doorway.ts'
import { generatedNft } from '../collectors/firewall/generated-nft.ts'
import { ssh } from '../collectors/firewall/look.ts'
import { cannot, type Namespace } from '../collectors/firewall/namespace.ts'

/**
 * What Murphy says of the way in through tables of nftables, against a connection that is really tried: made from seeds,
 * and as firewalld 1.3.3 wrote them. TRUTHS times as many seeds.
 */
t.setTimeout(900_000)
const why = cannot()
const skip = why ? { skip: why } : {}
const seeds = 128 * Number(process.env.TRUTHS ?? 1)
const folder = join(import.meta.dirname, '../collectors/firewall/firewalld')
const count = { accept: 0, drop: 0, maybe: 0, open: 0, sets: 0 }
const wrong: string[] = []

const hostIn = (node: Namespace) =>
  ({
    run: async (argv: readonly string[], { line }: { line?: (text: string) => void } = {}) => {
      const { stdout } = await node.run(argv)
      for (const text of line ? stdout.split('\n') : []) line?.(text)
      return { stdout, stderr: '', exit: 0 }
    },
  }) as unknown as Host

async function judge({ node, knock }: Doorway, family: Family, what: string, text: string): Promise<void> {
  const native = await readNative(hostIn(node), 'nft', { ipv4: new Set(), ipv6: new Set() })
  const anyone = inputVerdict([], [ssh], native, family)
  // Nothing of the other family comes to a table of one.
  if (!anyone) return
  const { verdict } = verdictOf([], knocking(family), native, family) ?? { verdict: 'maybe' }
  const open = await knock(family)
  count[anyone.verdict] += 1
  count.sets += 1
  if (open) count.open += 1
  const everyone = anyone.only || anyone.except ? 'maybe' : anyone.verdict
  const truth = open ? 'accept' : 'drop'
  for (const one of [everyone, verdict])
    if (one !== 'maybe' && one !== truth)
      wrong.push(`${what}, ${family}: ${one} (${anyone.by}), but the truth is ${truth}\n${text}`)
  if (anyone.verdict === 'maybe')
    t.comment(`${what}, ${family}: in doubt, ${anyone.by} ${anyone.unless ?? ''}`)
}

async function through(
  door: Doorway,
  all: readonly (readonly [name: string, text: string])[],
): Promise<void> {
  for (const [name, text] of all) {
    await door.node.run(['nft', '-f', '-'], `flush ruleset\n${text}`)
    for (const family of families) await judge(door, family, name, text)
  }
}

t.test('nftables: the verdict and the truth never contradict', skip, async (t) => {
  const made = Array.from({ length: seeds }, (_, at) => generatedNft(at + 1)).map(
    ({ name, text }) => [name, text] as const,
  )
  const firewalld = readdirSync(folder).map(
    (it) => [`firewalld ${it}`, readFileSync(join(folder, it), 'utf8')] as const,
  )
  const half = Math.ceil(made.length / 2)
  await Promise.all([
    through(await doorway(t), [...firewalld, ...made.slice(half)]),
    through(await doorway(t), made.slice(0, half)),
  ])
  t.comment(JSON.stringify(count))
  t.same(wrong, [])
  t.ok(count.sets >= 200, `${count.sets} rule sets`)
  t.ok(count.maybe <= count.sets * 0.05, `${count.maybe} of ${count.sets} in doubt`)
  t.ok(count.accept > count.sets / 5 && count.drop > count.sets / 5, 'both happen often enough')
})
