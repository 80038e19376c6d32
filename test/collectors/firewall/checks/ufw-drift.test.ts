import t from 'tap'
import { ufwDrift } from '../../../../collectors/firewall/checks/ufw-drift.ts'
import type { Ufw } from '../../../../collectors/firewall/dump/ufw.ts'
import type { RuleSet } from '../../../../collectors/firewall/rule-set.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'

/** A kernel that holds what ufw's files say: three rules of people, ten of its frame, and its default. */
const set = (more: Partial<RuleSet> = {}): RuleSet => ({
  ...{ family: 'ipv4', backend: 'nft', argv: [], rules: 13, chains: [], hash: '', own: '', kube: [] },
  cells: { 'filter ufw': [19, 6] },
  policies: { 'filter INPUT': 'DROP' },
  ufw: { user: 3, frame: 10 },
  ...more,
})
const on: Ufw = {
  enabled: true,
  input: 'DROP',
  ipv6: false,
  rules: { ipv4: { user: 3, frame: 10 } },
}
const judge = (
  ufw: Ufw | undefined,
  sets: readonly RuleSet[] = [set()],
  more: Partial<FirewallSample> = {},
) =>
  ufwDrift({
    sets,
    ...(ufw && { ufw }),
    ssh: { ports: { ipv4: [22], ipv6: [] } },
    input: {},
    memory: { reference: {} },
    ...more,
  })
const text = (...given: Parameters<typeof judge>) => judge(...given)[0]?.text

t.test('where both say the same, or its files say nothing, there is nothing to say', async (t) => {
  t.strictSame(judge(on), [])
  t.strictSame(judge(undefined), [])
  t.strictSame(judge({ enabled: true, ipv6: false }), [], 'what could not be counted is not compared')
  t.strictSame(
    judge({ enabled: false }, [set({ cells: { 'filter ufw': [6, 6] } })]),
    [],
    'empty chains stay behind',
  )
})

t.test('on in its file, and no packet comes by its rules', async (t) => {
  for (const cells of [{}, { 'filter ufw': [6, 6] as const }, { 'filter ufw': [13, 0] as const }])
    t.match(judge(on, [set({ cells })], { ssh: { ports: { ipv4: [2222], ipv6: [] } } }), [
      {
        code: 'firewall.ufw-drift',
        subject: 'ufw',
        text: 'ufw.conf says ufw is on, but no IPv4 packet reaches its rules: ufw status shows rules without effect.',
        fix: [/^Let SSH in first: `iptables -I INPUT -p tcp --dport 2222 -j ACCEPT`$/, /^Rebuild/],
        evidence: { state: 'bypassed' },
      },
    ])
  const { ipv6: _, ...dual } = on
  t.match(text(dual, [set({ cells: {} }), set({ family: 'ipv6', cells: {} })]), /no IPv4 and no IPv6 packet/)
})

t.test('off in its file, and its rules decide all the same', async (t) => {
  t.match(judge({ enabled: false }), [
    {
      text: /ufw is off, but its IPv4 rules are still loaded/,
      fix: [/`ufw disable`/, /left/],
      evidence: { state: 'loaded' },
    },
  ])
  t.match(text({ enabled: false }, [set(), set({ family: 'ipv6' })]), /its IPv4 and IPv6 rules/)
})

t.test('rules and policy that differ, each said, and how to see them', async (t) => {
  t.equal(
    text(on, [set({ ufw: { user: 2, frame: 9 }, policies: {} })]),
    'ufw is on, but its files hold 3 IPv4 rules of yours and the kernel 2; before.rules and after.rules hold 10 rules and the kernel 9; its default for incoming packets is drop, and the IPv4 policy of INPUT is ACCEPT.',
  )
  t.strictSame(
    judge(on, [set({ ufw: { user: 2, frame: 10 } })])[0]?.fix?.slice(2),
    ['Allow SSH in ufw first: `ufw allow 22/tcp`', "Then load ufw's files again: `ufw reload`"],
    'in this order: loaded without SSH they would lock out',
  )
  t.equal(text({ ...on, input: 'REJECT' }), undefined, 'it rejects by a rule, and drops by its policy')
  t.match(text({ ...on, input: 'ACCEPT' }), /default for incoming packets is accept, .* INPUT is DROP/)
  t.match(
    text({ ...on, rules: { ipv4: { user: 4 } } }),
    /^ufw is on, but its files hold 4 IPv4 rules of yours and the kernel 3\.$/,
  )
})

t.test('both backends count together; what could not be read is not judged', async (t) => {
  const half = { user: 1, frame: 5 }
  const legacy = set({ backend: 'legacy', ufw: { user: 2, frame: 5 }, policies: {} })
  t.strictSame(judge(on, [set({ ufw: half }), legacy]), [])
  t.strictSame(judge(on, [set({ ufw: half, stale: true })]), [])
  t.strictSame(judge(on, [set({ backend: 'native', cells: {} })]), [], 'nothing of iptables is there')
  t.strictSame(judge(on, []), [])
})

t.test('IPv6 only where ufw does it, by files of its own', async (t) => {
  const six = set({ family: 'ipv6', ufw: { user: 1, frame: 1 } })
  t.strictSame(judge(on, [set(), { ...six, policies: {} }]), [], 'IPV6=no')
  const { ipv6: _, ...dual } = on
  const rules = { ipv4: { user: 3, frame: 10 }, ipv6: { user: 1, frame: 2 } }
  t.equal(
    text({ ...dual, rules }, [set(), six]),
    'ufw is on, but before6.rules and after6.rules hold 2 rules and the kernel 1.',
  )
})
