import t from 'tap'
import type { Family } from '../../collectors/firewall/cells.ts'
import { inputVerdict } from '../../collectors/firewall/checks/verdicts.ts'
import { wayIn } from '../../collectors/firewall/packet/walk.ts'
import { type Doorway, doorway, knocking } from '../collectors/firewall/doorway.ts'
import { asHealthyBeside, asLegacy, withUfw } from '../collectors/firewall/furnish.ts'
import { generated } from '../collectors/firewall/generated.ts'
import { saved, ssh } from '../collectors/firewall/look.ts'
import { cannot } from '../collectors/firewall/namespace.ts'
import { ufwCommands } from '../collectors/firewall/ufwcommands.ts'

/** What Murphy says of the way in, against a connection that is really tried. TRUTHS times as many rule sets. */
t.setTimeout(900_000)
const why = cannot()
const skip = why ? { skip: why } : {}
const times = Number(process.env.TRUTHS ?? 1)
type Backend = 'nft' | 'legacy'
const alone = { followed: [], deciding: [] }
const count = { accept: 0, drop: 0, maybe: 0, open: 0, nft: 0, legacy: 0, ipv4: 0, ipv6: 0, plain: 0 }
const wrong: string[] = []

interface Lane {
  readonly door: Doorway
  readonly backend: Backend
  readonly family: Family
}

/** Tries the way in through the rules that are loaded, and notes what is wrong with the verdict. */
async function judge(
  { door: { node, knock }, backend, family }: Lane,
  what: string,
  plain: boolean,
): Promise<void> {
  const text = (await node.run([`${family === 'ipv4' ? 'ip' : 'ip6'}tables-${backend}-save`])).stdout
  const { tables } = saved(text, [ssh])
  const set = { family, backend } as never
  const anyone = inputVerdict([{ set, tables, forwards: [], names: [] }], [ssh], alone, family)
  if (!anyone) throw new Error('there is no verdict')
  // The same of the one who knocks, who is taken to be one who has not tried for a while.
  const { verdict } = wayIn(tables, knocking(family))
  const tried = async () => {
    await node.sh('for it in /proc/net/xt_recent/*; do [ ! -e $it ] || echo / > $it; done')
    return knock(family)
  }
  const open = await tried()
  count[anyone.verdict] += 1
  count[backend] += 1
  count[family] += 1
  if (open) count.open += 1
  if (plain) count.plain += 1
  const everyone = anyone.only || anyone.except ? 'maybe' : anyone.verdict
  const truth = open ? 'accept' : 'drop'
  for (const one of [everyone, verdict])
    if (one !== 'maybe' && one !== truth) wrong.push(`${what}: ${one}, but the truth is ${truth}\n${text}`)
  if (plain && (anyone.verdict === 'maybe' || verdict === 'maybe'))
    wrong.push(`${what}: in doubt though only what ufw and k3s write is there: ${anyone.by}\n${text}`)
}

async function throughGenerated(lane: Lane, first: number, sets: number): Promise<void> {
  const { door, backend, family } = lane
  if (!(await door.knock(family))) throw new Error('it is shut though there are no rules')
  for (let seed = first; seed < first + sets * times; seed += 1) {
    const { text, plain, name } = generated(seed, family)
    await door.node.run([`${family === 'ipv4' ? 'ip' : 'ip6'}tables-${backend}-restore`], text)
    await judge(lane, name, plain)
  }
}

/** `first`: whose rules stand before the other's, k3s's as after a boot, or ufw's. */
async function throughUfw(lane: Lane, folder: string, first: 'k3s' | 'ufw', steps: number): Promise<void> {
  const {
    door: { node },
    backend,
  } = lane
  if (backend === 'legacy') await asLegacy(node)
  await withUfw(node, folder)
  const enable = () => node.sh('ufw --force enable')
  if (first === 'ufw') await enable()
  await asHealthyBeside(node, { how: backend })
  if (first === 'k3s') await enable()
  for (const command of ufwCommands(first === 'k3s' ? 1 : 2, steps * times)) {
    await node.sh(command)
    await judge(lane, command, true)
  }
}

t.test('the truth is what the kernel does, however long it takes', skip, async (t) => {
  const { node, knock } = await doorway(t)
  for (const [rule, open] of [
    ['-j ACCEPT', true],
    ['-j DROP', false],
    ['-j REJECT', false],
    ['-p tcp -j REJECT --reject-with tcp-reset', false],
    // It begins, and nothing can be said in it.
    ['-m conntrack --ctstate ESTABLISHED -j DROP', false],
    ['-p tcp --tcp-flags PSH PSH -j DROP', false],
  ] as const) {
    await node.sh(`iptables-nft -F && iptables-nft -A INPUT ${rule}`)
    t.equal(await knock(), open, rule)
  }
})

t.test('the verdict and the truth never contradict', skip, async (t) => {
  const lane = async (backend: Backend, family: Family = 'ipv4') => ({
    door: await doorway(t),
    backend,
    family,
  })
  const folder = t.testdir({ nft: {}, legacy: {} })
  // Side by side: each is many short commands.
  await Promise.all([
    throughGenerated(await lane('nft'), 1, 75),
    throughGenerated(await lane('legacy'), 1001, 45),
    throughGenerated(await lane('nft', 'ipv6'), 2001, 40),
    throughUfw(await lane('nft'), `${folder}/nft`, 'k3s', 40),
    throughUfw(await lane('legacy'), `${folder}/legacy`, 'ufw', 30),
  ])
  t.comment(JSON.stringify(count))
  t.same(wrong, [])
  const sets = count.ipv4 + count.ipv6
  t.ok(sets >= 200, `${sets} rule sets`)
  t.ok(count.maybe <= sets * 0.05, `${count.maybe} of ${sets} in doubt, none of them plain`)
  t.ok(count.accept > sets / 4 && count.drop > sets / 4, 'both happen often enough to mean something')
})
