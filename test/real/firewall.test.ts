import t from 'tap'
import { doorway } from '../collectors/firewall/doorway.ts'
import { asHealthy, asHealthyBeside, asSshd, withUfw } from '../collectors/firewall/furnish.ts'
import { printed } from '../collectors/firewall/look.ts'
import { cannot, type Namespace, namespace } from '../collectors/firewall/namespace.ts'
import type { Came } from '../collectors/firewall/round.ts'
import { ruleSets } from '../collectors/firewall/rulesets.ts'

// Every round is a process of its own; a busy machine takes its time.
t.setTimeout(900_000)

const why = cannot()
const skip = why ? { skip: why } : {}
/** What is wrong; what is only worth knowing stands in tests of its own. */
const codes = ({ found }: Came) =>
  found
    .map((it) => it.code)
    .filter((it) => it !== 'firewall.changed' && it !== 'firewall.lockout-risk')
    .sort()
const everything = [
  'firewall.flannel-rules-missing',
  'firewall.flushed',
  'firewall.hostport-rules-missing',
  'firewall.kube-chains-missing',
]
const flushOf = ({ found }: Came) => found.find((it) => it.code === 'firewall.flushed')

/** ufw on, with what a node of k3s needs. */
async function ufwOn(it: Namespace, folder: string) {
  await withUfw(it, folder)
  await it.sh(`ufw --force enable; ufw allow 22/tcp
    ufw allow from 10.42.0.0/16; ufw allow from 10.43.0.0/16`)
}

/** What a person would paste: every command of a finding's next steps, but not what restarts k3s. */
const commands = (next: readonly string[] = []) =>
  next
    .flatMap((it) => [...it.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command))
    .filter((it) => !/^systemctl|^ufw allow$/.test(it))

t.test('iptables -F: how many, by whom, until the rules are back', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.monitor()
  const before = await it.round()
  t.equal(
    before.sample.sets.reduce((sum, { rules }) => sum + rules, 0),
    113,
  )
  t.same(codes(before), [])
  await it.settle()
  t.same(it.heard, [], 'a round makes no generation, so it never wakes itself')

  const { pid } = await it.run(['iptables', '-F'])
  const flushed = await it.round()
  t.same(codes(flushed), ['firewall.flannel-rules-missing', 'firewall.flushed'])
  t.match(flushOf(flushed), {
    subject: 'ipv4 filter',
    evidence: { family: 'ipv4', table: 'filter', before: 51, least: 0, process: 'iptables', pid },
  })
  t.match(flushOf(flushed)?.text, /^filter flushed: 51 of 51 IPv4 rules gone, by `iptables` \(pid \d+\) at /)

  await it.sh('iptables -A FORWARD -s 10.42.0.0/16 -j ACCEPT; iptables -A FORWARD -d 10.42.0.0/16 -j ACCEPT')
  const later = await it.round()
  t.match(flushOf(later), { evidence: { pid, now: 2 } }, 'flannel comes back; the author stays')

  await it.run(['iptables-restore'], await printed('restart-after-flush'))
  t.same(
    codes(await it.round()),
    ['firewall.hostport-rules-missing'],
    'k3s restarted: 82 of 91, and the ingress is dead until its pod is made anew',
  )
})

t.test('putting back what was flushed is no news that would keep the incident open', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '2222', '-j', 'ACCEPT'])
  await it.monitor()
  await it.round()
  const before = (await it.run(['iptables-save'])).stdout
  await it.run(['iptables', '-F'])
  t.ok(flushOf(await it.round()))
  await it.run(['iptables-restore'], before)
  const back = await it.round()
  t.same(back.found, [])
  t.equal(back.sample.journal?.length, 2, 'the journal has both')
})

t.test(
  'what a killall does to the rules is known as that, and what somebody does beside it is not',
  skip,
  async (t) => {
    const it = await namespace(t)
    await ufwOn(it, t.testdir({}))
    await asHealthyBeside(it)
    // The last lines of k3s-killall.sh, as k3s's install.sh writes it.
    const kept = 'grep -v KUBE- | grep -v CNI- | grep -iv flannel'
    const killall = ['ip', 'ip6'].map((it) => `${it}tables-save | ${kept} | ${it}tables-restore`).join('; ')
    for (const [beside, only] of [
      ['true', true],
      ['iptables -A INPUT -p tcp --dport 2222 -j ACCEPT', undefined],
      ['iptables -P FORWARD ACCEPT', undefined],
      ['ufw deny 8080/tcp', undefined],
    ] as const) {
      await it.round()
      const all = (await it.run(['iptables-save'])).stdout
      await it.sh(`${killall}; ${beside}`)
      const { sample } = await it.round()
      t.equal(sample.journal?.at(-1)?.onlyK3s, only, beside)
      await it.run(['iptables-restore'], all)
    }
  },
)

t.test('the recipe of k3s issue 535, pasted line by line', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.monitor()
  await it.round()
  const { pid } = await it.run(['iptables', '-F'])
  t.same(codes(await it.round()), ['firewall.flannel-rules-missing', 'firewall.flushed'])
  await it.run(['iptables', '-X'])
  const nat = await it.run(['iptables', '-t', 'nat', '-F'])
  await it.round()
  await it.sh('iptables -t nat -X')
  const gone = await it.round()
  t.same(codes(gone), everything)
  t.match(flushOf(gone), { evidence: { table: 'filter, nat', before: 91, least: 0, now: 0, pid } })
  t.match(flushOf(gone)?.text, `filter flushed: 51 of 51 IPv4 rules gone, by \`iptables\` (pid ${pid}) at `)
  t.match(
    flushOf(gone)?.text,
    `; nat flushed: 40 of 40 IPv4 rules gone, by \`iptables\` (pid ${nat.pid}) at `,
  )
  await asHealthy(it)
  t.same(codes(await it.round()), [])
})

t.test('one table after the other, each repaired in between: each is told as its own', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.monitor()
  await it.round()
  const times = new Set<number | undefined>()
  for (const argv of [
    ['iptables', '-t', 'nat', '-F'],
    ['nft', 'flush', 'table', 'ip', 'nat'],
    ['iptables', '-t', 'nat', '-F'],
  ]) {
    // Rules of others change at the same time.
    await it.sh('iptables -A INPUT -p udp --dport 9 -j ACCEPT; iptables -D INPUT -p udp --dport 9 -j ACCEPT')
    const { pid } = await it.run(argv)
    const flush = flushOf(await it.round())
    t.match(flush, { subject: 'ipv4 nat', evidence: { table: 'nat', before: 40, process: argv[0], pid } })
    t.match(flush?.text, `nat flushed: 40 of 40 IPv4 rules gone, by \`${argv[0]}\` (pid ${pid}) at `)
    times.add(flush?.at)
    await asHealthy(it)
    t.equal(flushOf(await it.round()), undefined)
  }
  t.equal(times.size, 3)
})

t.test('while nobody looked: between which looks', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.round()
  await it.run(['iptables', '-t', 'nat', '-F'])
  // Every round is a start of the agent; this one begins to listen only now.
  await it.monitor()
  const flush = flushOf(await it.round())
  t.match(flush, { subject: 'ipv4 nat', evidence: { process: undefined } })
  t.match(
    flush?.text,
    /^nat flushed: 40 of 40 IPv4 rules gone, between \d\d:\d\d:\d\d UTC and \d\d:\d\d:\d\d UTC\./,
  )
})

t.test('everything at once by nft', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.monitor()
  await it.round()
  await it.run(['nft', 'flush', 'ruleset'])
  const gone = await it.round()
  t.same(codes(gone), everything)
  t.match(
    flushOf(gone)?.text,
    /^filter and nat flushed: 113 of 113 IPv4 and IPv6 rules gone, by `nft` \(pid \d+\) at /,
  )
})

t.test('the legacy backend', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it, 'legacy')
  const before = await it.round()
  t.same(codes(before), [])
  t.match(before.summary, /^113 rules .* nft and legacy;/)
  await it.run(['iptables-legacy', '-F'])
  const flushed = await it.round()
  t.same(codes(flushed), ['firewall.flannel-rules-missing', 'firewall.flushed'])
  t.match(flushOf(flushed)?.text, /^filter flushed: 51 of 51 IPv4 rules gone, between /)
  await it.sh('iptables-legacy -X; iptables-legacy -t nat -F; iptables-legacy -t nat -X')
  t.same(codes(await it.round()), everything)
})

t.test('looking changes nothing in the kernel', skip, async (t) => {
  const it = await namespace(t)
  await it.round()
  t.equal(
    (
      await it.sh(
        'nft list tables; cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null || true',
      )
    ).stdout,
    '',
  )
})

t.test('normal churn', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.monitor()
  await it.round()
  for (let at = 0; at < 3; at += 1) {
    const chain = `KUBE-SVC-CHURN${at}`
    const rules = Array.from(
      { length: 40 },
      (_, n) => `-A ${chain} -s 10.42.0.${n}/32 -j KUBE-MARK-MASQ`,
    ).join('\n')
    await it.run(['iptables-restore', '--noflush'], `*nat\n:${chain} - [0:0]\n${rules}\nCOMMIT\n`)
    await it.run(['iptables-restore', '--noflush'], `*nat\n:${chain} - [0:0]\n-X ${chain}\nCOMMIT\n`)
    t.same(codes(await it.round()), [])
  }
  // The last pod goes: its service, its policy.
  const fewer = (await printed('healthy'))
    .split('\n')
    .filter((line) => !/KUBE-(SEP|SVC|POD-FW|NWPLCY)/.test(line))
  await it.run(['iptables-restore'], fewer.join('\n'))
  t.same(codes(await it.round()), [])
})

t.test('ufw: a flush locks people out, and what Murphy says lets them in again', skip, async (t) => {
  const it = await namespace(t)
  await ufwOn(it, t.testdir({}))
  await asHealthyBeside(it)
  await asSshd(it)
  await it.monitor()
  const before = await it.round()
  t.same(codes(before), [])
  t.match(before.summary, /INPUT drops, SSH port 22 accepted; ufw on$/)

  await it.run(['iptables', '-F'])
  const shut = await it.round()
  t.same(codes(shut), [
    'firewall.blocks-k3s',
    'firewall.flannel-rules-missing',
    'firewall.flushed',
    'firewall.lockout',
    'firewall.ufw-drift',
  ])
  const lockout = shut.found.find(({ code }) => code === 'firewall.lockout')
  t.match(lockout?.text, 'port 22 are dropped: the policy of INPUT is DROP')

  await it.sh(commands(lockout?.fix)[0] ?? '')
  t.same(
    codes(await it.round()),
    ['firewall.blocks-k3s', 'firewall.flannel-rules-missing', 'firewall.flushed', 'firewall.ufw-drift'],
    'the first step opens the way',
  )
  for (const command of commands(lockout?.fix).slice(1)) await it.sh(command)
  const opened = await it.round()
  t.match(opened.summary, /SSH port 22 accepted/)
  t.equal(
    (await it.sh('iptables -S INPUT')).stdout.match(/ufw-/g)?.length,
    6,
    "ufw's chains are reached again",
  )
  await asHealthyBeside(it, { only: /\*filter[\s\S]*?COMMIT\n/ })
  t.same(codes(await it.round()), [])

  await it.run(['ufw', 'disable'])
  t.same(codes(await it.round()), [], 'switching ufw off is no flush')
})

t.test('without permission nothing is seen, and nothing is said to be gone', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.round()
  const blind = await it.round([
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ])
  t.same(codes(blind), [])
  t.match(blind.sample.unseen, [{ why: /not permitted/ }, { why: /not permitted/ }])
  await it.run(['iptables', '-F'])
  t.same(
    codes(await it.round()),
    ['firewall.flannel-rules-missing', 'firewall.flushed'],
    'what was seen before is still known',
  )
})

t.test('with the four capabilities of its unit it sees everything', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it, 'legacy')
  await it.run(['iptables-nft', '-A', 'INPUT', '-p', 'udp', '-j', 'ACCEPT'])
  const capabilities = '-all,+dac_read_search,+net_admin,+net_raw,+syslog'
  const came = await it.round([
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    `--inh-caps=${capabilities}`,
    `--ambient-caps=${capabilities}`,
  ])
  t.equal(came.sample.unseen, undefined)
  t.match(came.summary, /^114 rules/)
})

t.test('20,000 rules cost no more memory than a hundred', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  const small = await it.round()
  const chain = (at: number) => `:KUBE-POD-FW-${at} - [0:0]`
  const rule = (at: number) =>
    `-A KUBE-POD-FW-${at % 2000} -d 10.42.${at % 250}.7/32 -m comment --comment "rule ${at} ${'x'.repeat(80)}" -j ACCEPT`
  const lines = Array.from({ length: 20_000 }, (_, at) => rule(at))
  const chains = Array.from({ length: 2000 }, (_, at) => chain(at))
  await it.run(
    ['iptables-restore', '--noflush'],
    `*filter\n${chains.join('\n')}\n${lines.join('\n')}\nCOMMIT\n`,
  )
  const large = await it.round()
  t.equal(large.sample.sets.find(({ family }) => family === 'ipv4')?.rules, 20_091)
  const more = (large.peak - small.peak) / 1024 / 1024
  t.comment(
    `${more.toFixed(1)} MB more at its peak, ${large.took.toFixed(0)} ms against ${small.took.toFixed(0)} ms`,
  )
  t.ok(more < 25, `${more.toFixed(1)} MB more`)
  t.ok(JSON.stringify(large.sample).length < 8000)
})

t.test('the verdict on SSH against real connections', skip, async (t) => {
  const { node: it, knock } = await doorway(t)
  const sets = await ruleSets()
  for (const backend of ['nft', 'legacy'])
    for (const [at, [name, rules]] of sets.entries()) {
      // Both backends print the same; a few rule sets show that the other one is read as well.
      if (backend === 'legacy' && at % 5 !== 2) continue
      await it.run([`iptables-${backend}-restore`], rules)
      const verdict = (await it.round()).sample.input.ipv4
      const open = await knock()
      const doubt = /limit|a mark$/.test(name)
      const some = /source/.test(name)
      t.match(
        verdict,
        { verdict: doubt ? 'maybe' : open || some ? 'accept' : 'drop', only: some ? [/^from /] : undefined },
        `${backend}: ${name}: ${open ? 'open' : 'shut'}`,
      )
      await it.sh(
        `iptables-${backend} -P INPUT ACCEPT; for t in filter mangle raw nat; do iptables-${backend} -t $t -F; iptables-${backend} -t $t -X; done`,
      )
    }
})
