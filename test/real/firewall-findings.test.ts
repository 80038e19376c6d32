import { join } from 'node:path'
import t from 'tap'
import type { Host } from '../../agent/model/index.ts'
import { unpackRules } from '../../collectors/firewall/history/kept-rules.ts'
import { firewall } from '../../collectors/firewall/index.ts'
import { kubeProxySync } from '../collectors/firewall/churn.ts'
import { asHealthy, asSshd, withUfw } from '../collectors/firewall/furnish.ts'
import { printed } from '../collectors/firewall/look.ts'
import { cannot, namespace } from '../collectors/firewall/namespace.ts'
import type { Came } from '../collectors/firewall/round.ts'

/** What the kernel, ufw and iptables really do, and what is found then; see firewall.test.ts for flushes. */
t.setTimeout(900_000)

const why = cannot()
const skip = why ? { skip: why } : {}
const codes = ({ found }: Came) => found.map((it) => it.code.replace('firewall.', '')).sort()
const one = ({ found }: Came, code: string) => found.find((it) => it.code === `firewall.${code}`)

t.test('ufw enable with its defaults, what Murphy says to do, then ufw disable', skip, async (t) => {
  const it = await namespace(t)
  await withUfw(it, t.testdir({}))
  await asHealthy(it)
  await asSshd(it)
  await it.monitor()
  t.same(codes(await it.round()), [])
  await it.sh('ufw allow 22/tcp; ufw --force enable')
  const on = await it.round()
  t.same(codes(on), ['blocks-k3s', 'changed', 'lockout-risk'])
  t.match(one(on, 'blocks-k3s')?.text, /pods to the API \(6443\/tcp\); pods to the kubelet \(10250\/tcp/)
  t.notMatch(one(on, 'blocks-k3s')?.text, /other nodes/, 'this node has no peers')
  t.match(one(on, 'changed')?.text, /ufw 0 → \d+/)
  t.match(one(on, 'changed')?.text, /^`(ip6?tables|nft)/)
  for (const step of one(on, 'blocks-k3s')?.fix ?? [])
    for (const [, command = ''] of step.matchAll(/`(ufw allow from [\d./]+)`/g)) await it.sh(command)
  t.same(codes(await it.round()), ['changed', 'lockout-risk'], 'its own steps repair it')
  await it.run(['ufw', 'disable'])
  t.same(codes(await it.round()), ['changed'])
})

/** Another node behind the overlay, as flannel sets it up. */
const peer = `ip link add eth0 type veth peer name far; ip link set far up; ip addr add 192.0.2.1/24 dev eth0; ip link set eth0 up
  ip link add flannel.1 type vxlan id 1 dev eth0 dstport 8472 nolearning; ip link set flannel.1 up
  ip route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink
  ip neigh add 10.42.1.0 lladdr 02:00:00:00:00:02 dev flannel.1 nud permanent
  bridge fdb append 02:00:00:00:00:02 dev flannel.1 dst 192.0.2.2`

t.test('whoever drops what k3s needs: what dies of it, and the steps that repair it', skip, async (t) => {
  const it = await namespace(t)
  await it.sh(peer)
  const faults = [
    ['iptables -I INPUT -p udp --dport 8472 -j DROP', 'overlay 8472', 'rule'],
    ['iptables -t raw -A PREROUTING -p udp -m multiport --dports 8472,9 -j DROP', 'overlay 8472', 'rule'],
    ['iptables -I OUTPUT -d 192.0.2.2 -p udp -j REJECT', 'overlay-out 8472', 'rule'],
    ['iptables-legacy -A INPUT -s 192.0.2.0/24 -i eth0 -j DROP', 'nodes-api 6443, overlay 8472', 'rule'],
    // As the images of some clouds have it (k3s issue 977).
    [
      'iptables -F INPUT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited',
      /^pods-api 6443, nodes-api 6443, overlay 8472/,
      'rule',
    ],
    ['iptables -F INPUT; iptables -P INPUT DROP', /^pods-api 6443, nodes-api 6443, overlay 8472/, 'policy'],
    [
      'iptables -F FORWARD; iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER; iptables -P FORWARD DROP',
      'pods-in 53, pods-out 53',
      'docker',
    ],
  ] as const
  for (const [script, blocked, by] of faults) {
    await it.sh(
      'iptables -P INPUT ACCEPT; iptables -P FORWARD ACCEPT; iptables -t raw -F; iptables-legacy -F',
    )
    await asHealthy(it)
    t.equal(one(await it.round(), 'blocks-k3s'), undefined, `before ${script}`)
    await it.sh(script)
    const found = one(await it.round(), 'blocks-k3s')
    t.match(found?.evidence, { blocked, by }, script)
    const steps = (found?.fix ?? []).flatMap((step) => /`(ip6?tables[^`]*)`$/.exec(step)?.[1] ?? [])
    t.ok(steps.length > 0, `${script}: ${found?.fix}`)
    t.notMatch(
      steps.join('\n'),
      /tables(?:-legacy)?(?: -t \w+)? -[DFPR] /,
      'what closes a port to everybody else stays',
    )
    for (const command of steps) await it.sh(command)
    t.equal(one(await it.round(), 'blocks-k3s'), undefined, `${script}: ${steps.join('; ')}`)
  }
})

t.test('nodes that reach each other by Tailscale, whose table is not main', skip, async (t) => {
  const it = await namespace(t)
  await it.sh(peer)
  await it.sh(`ip route add default via 192.0.2.254 dev eth0
    bridge fdb replace 02:00:00:00:00:02 dev flannel.1 dst 100.64.0.2 self permanent
    ip link add tailscale0 type veth peer name tsfar; ip link set tailscale0 up; ip addr add 100.64.0.1/32 dev tailscale0
    ip link set tsfar up; ip route add 100.64.0.2 dev tailscale0 src 100.64.0.1 table 52
    ip rule add fwmark 0x80000/0xff0000 lookup main priority 5210; ip rule add lookup 52 priority 5270`)
  await asHealthy(it)
  await it.sh('iptables -N ts-input; iptables -I INPUT -j ts-input')
  await it.sh('iptables -A ts-input -s 100.64.0.0/10 ! -i tailscale0 -j DROP')
  await it.sh('iptables -A ts-input -i tailscale0 -j ACCEPT; iptables -A INPUT -p udp --dport 8472 -j DROP')
  t.equal(one(await it.round(), 'blocks-k3s'), undefined)
  await it.sh('iptables -I ts-input -i tailscale0 -p udp --dport 8472 -j DROP')
  t.match(one(await it.round(), 'blocks-k3s')?.evidence, { blocked: 'overlay 8472', by: 'rule' })
})

t.test('tables of nftables beside iptables: a line, a filter by hand, and firewalld', skip, async (t) => {
  const it = await namespace(t)
  await it.sh(peer)
  await asHealthy(it)
  const line =
    'table inet mine { chain in { type filter hook input priority 0; udp dport { 9, 8472 } drop; }; }'
  const filter = `table inet mine {
    chain in { type filter hook input priority 0; policy drop
      iifname "lo" accept; ct state vmap { established : accept, related : accept, invalid : drop }
      tcp dport 22 accept; }
    chain through { type filter hook forward priority 0; iifname { "cni0", "flannel.1" } jump deny; }
    chain deny { ip protocol { tcp, udp } reject; }
  }`
  for (const [text, blocked] of [
    [line, 'overlay 8472'],
    [filter, /^pods-api 6443, nodes-api 6443, overlay 8472, pods-in 53, pods-out 53/],
  ] as const) {
    await it.run(['nft', '-f', '-'], text)
    const found = one(await it.round(), 'blocks-k3s')
    t.match(found?.evidence, { blocked, by: 'nftables', table: 'inet mine' }, text)
    const steps = (found?.fix ?? []).flatMap((step) => /`(nft [^`]*)`$/.exec(step)?.[1] ?? [])
    for (const command of steps) await it.sh(command)
    t.equal(one(await it.round(), 'blocks-k3s'), undefined, `${steps.join('; ')}`)
    await it.sh('nft delete table inet mine')
  }
  const recorded = (name: string) =>
    it.run(['nft', '-f', join(import.meta.dirname, '../collectors/firewall/firewalld', name)])
  await recorded('default.nft')
  const found = one(await it.round(), 'blocks-k3s')
  t.match(found?.text, /^firewalld drops what k3s needs: other nodes to the API/)
  t.notMatch(found?.text, /pods to the API/, 'they come by a service')
  t.match(found?.evidence?.blocked, /overlay 8472, pods-in 53/)
  const said = found?.fix?.join('\n') ?? ''
  for (const source of ['192.0.2.2', '10.42.0.0/16', '10.43.0.0/16'])
    t.match(said, `\`firewall-cmd --zone=trusted --add-source=${source}\``)
  await it.sh('nft delete table inet firewalld')
  // After these commands.
  await recorded('k3s.nft')
  t.equal(one(await it.round(), 'blocks-k3s'), undefined)
  t.same(codes(await it.round()), ['changed'])
})

t.test('ufw on a node with another: what each of its steps opens', skip, async (t) => {
  const it = await namespace(t)
  await withUfw(it, t.testdir({}))
  await it.sh(peer)
  await asHealthy(it)
  await it.sh('ufw allow 22/tcp; ufw deny 8472/udp; ufw --force enable')
  const found = one(await it.round(), 'blocks-k3s')
  t.match(found?.text, /^ufw drops what k3s needs: /)
  for (const step of found?.fix ?? [])
    for (const [, command = ''] of step.matchAll(/`(ufw (?:prepend |route )?allow [^`]*)`/g))
      await it.sh(command)
  t.equal(one(await it.round(), 'blocks-k3s'), undefined, `${found?.fix}`)
  t.ok(found?.fix?.some((it) => it.includes('ufw prepend allow from 192.0.2.2 to any port 8472 proto udp')))
})

t.test('ufw and the kernel drift apart, and come together again', skip, async (t) => {
  const it = await namespace(t)
  await withUfw(it, t.testdir({}))
  await asSshd(it)
  await asHealthy(it)
  await it.sh('ufw allow 22/tcp; ufw allow from 10.42.0.0/16; ufw limit 2222/tcp; ufw --force enable')
  await it.round()
  t.equal(one(await it.round(), 'ufw-drift'), undefined, 'rules, limits and IPv6 alike are counted')
  await it.sh('iptables -D ufw-user-input 1')
  t.match(one(await it.round(), 'ufw-drift')?.text, /its files hold 5 IPv4 rules of yours and the kernel 4/)
  await it.sh('ufw reload')
  t.equal(one(await it.round(), 'ufw-drift'), undefined)
  await it.sh(`sed -i '/^COMMIT/i -A ufw-before-input -p tcp --dport 8080 -j ACCEPT' /etc/ufw/before.rules`)
  t.match(
    one(await it.round(), 'ufw-drift')?.text,
    /before.rules and after.rules hold 27 rules and the kernel 26\./,
  )
  await it.sh('ufw reload')
  t.equal(one(await it.round(), 'ufw-drift'), undefined)
  await it.sh('iptables -P INPUT ACCEPT')
  t.match(
    one(await it.round(), 'ufw-drift')?.text,
    /default for incoming packets is drop, .* INPUT is ACCEPT/,
  )
  await it.sh(`iptables -P INPUT DROP; sed -i 's/ENABLED=yes/ENABLED=no/' /etc/ufw/ufw.conf`)
  t.match(one(await it.round(), 'ufw-drift')?.text, /says ufw is off, but its IPv4 and IPv6 rules/)
})

t.test('forty copies of one rule, as iptables 1.8.3 makes them', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.round()
  const rule = '-A KUBE-ROUTER-INPUT -d 10.43.0.0/16 -m comment --comment "allow traffic" -j RETURN'
  await it.run(
    ['iptables-restore', '--noflush'],
    `*filter\n${Array.from({ length: 40 }, () => rule).join('\n')}\nCOMMIT\n`,
  )
  const came = await it.round()
  t.same(codes(came), ['duplicates'])
  t.match(
    one(came, 'duplicates')?.text,
    /^39 of 131 IPv4 rules .* Most: 40 times in filter KUBE-ROUTER-INPUT/,
  )
})

t.test('a legacy rule beside nft', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.round()
  await it.run(['iptables-legacy', '-A', 'INPUT', '-p', 'udp', '--dport', '9', '-j', 'DROP'])
  const came = await it.round()
  t.same(codes(came), ['changed', 'two-backends'])
  t.match(one(came, 'two-backends')?.text, /91 rules in the nft backend and 1 in the legacy one/)
  t.match(one(came, 'changed')?.text, /^Something changed the rules between/, 'nothing tells who')
})

t.test('a policy by hand, with its author; a rule by nft', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.monitor()
  await it.round()
  const { pid } = await it.run(['iptables', '-P', 'FORWARD', 'DROP'])
  const policy = await it.round()
  t.same(codes(policy), ['changed'])
  t.match(one(policy, 'changed')?.text, `\`iptables\` (pid ${pid}) changed the rules at `)
  await it.sh('nft add table inet mine; nft add chain inet mine in "{ type filter hook input priority 0; }"')
  await it.sh('nft add rule inet mine in tcp dport 9 drop')
  const native = await it.round()
  t.match(one(native, 'changed')?.text, /`nft`/)
  t.match(
    native.sample.sets.find((set) => set.backend === 'native'),
    { table: 'inet mine', rules: 1 },
  )
  t.match(native.sample.input.ipv4?.by ?? 'nothing listens', /inet mine|nothing listens/)
})

t.test(
  'a firewalld-like reload: all gone and back in one moment, without the host ports',
  skip,
  async (t) => {
    const it = await namespace(t)
    await asHealthy(it)
    await it.monitor()
    await it.round()
    const without = (await printed('healthy'))
      .split('\n')
      .filter((line) => !/CNI-/.test(line))
      .join('\n')
    await it.run(['iptables-restore'], without)
    const came = await it.round()
    t.same(codes(came), ['hostport-rules-missing'])
    t.equal(one(came, 'hostport-rules-missing')?.subject, 'kube-system/ingress')
  },
)

t.test('what k3s-killall.sh does to the rules is no flush', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.run(['iptables', '-A', 'INPUT', '-p', 'udp', '--dport', '9', '-j', 'DROP'])
  await it.monitor()
  await it.round()
  await it.sh('iptables-save | grep -v KUBE- | grep -v CNI- | grep -iv flannel | iptables-restore')
  const killed = await it.round([], { k3s: 'stopped' })
  t.notOk(codes(killed).includes('flushed'))
  t.notOk(codes(killed).includes('hostport-rules-missing'), 'k3s does not run')
})

t.test("flannel's rules, as this node had them", skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.round()
  await it.sh('iptables -D FORWARD -s 10.42.0.0/16 -j ACCEPT; iptables -D FORWARD -d 10.42.0.0/16 -j ACCEPT')
  const came = await it.round()
  t.same(codes(came), ['changed', 'flannel-rules-missing'])
  t.match(one(came, 'flannel-rules-missing')?.text, /^No flannel rule is left in IPv4 filter\. /)
})

for (const how of ['nft', 'legacy'] as const)
  t.test(`a minute's churn of kube-proxy, ${how}: nothing is found, nothing is news`, skip, async (t) => {
    const it = await namespace(t)
    await asHealthy(it, how)
    await it.monitor()
    const sync = (turn: number) => it.run([`iptables-${how}-restore`, '--noflush'], kubeProxySync(20, turn))
    await sync(0)
    t.same(codes(await it.round([], { snapshot: true })), [])
    const sizes = new Set<number>()
    // A change a second, without the waiting; a look as often as the agent would have one at most.
    for (let turn = 1; turn <= 60; turn += 1) {
      await sync(turn)
      if (turn % 6) continue
      const came = await it.round([], { snapshot: true })
      t.same(codes(came), [], `after ${turn} changes`)
      t.equal(came.sample.journal, undefined, 'none of it is for the journal')
      t.same(came.kept, [], 'nor for the snapshots')
      sizes.add(JSON.stringify(came.sample).length)
    }
    t.ok(Math.max(...sizes) - Math.min(...sizes) < 400, `the sample stays as large: ${[...sizes]}`)
  })

t.test('what is kept is put back with iptables-restore, sets included', skip, async (t) => {
  const it = await namespace(t)
  await asHealthy(it)
  await it.run(['iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '2222', '-j', 'ACCEPT'])
  await it.monitor()
  const first = await it.round([], { snapshot: true })
  t.match(first.kept, [{ about: { rules: 114, good: true, counts: { other: 1 } } }])
  t.same((await it.round([], { snapshot: true })).kept, [], 'nothing changed')
  const before = (await it.sh('iptables-save')).stdout
  await it.sh('iptables -F; iptables -X; iptables -t nat -F; iptables -t nat -X; ipset destroy')
  t.same((await it.round([], { snapshot: true })).kept, [], 'what a flush leaves is not worth keeping')

  const parts = unpackRules(Buffer.from(first.kept[0]?.body ?? '', 'base64'))
  const part = (name: string) => parts.find((one) => one.part === name)?.lines.join('\n')
  await it.run(['ipset', 'restore'], `${part('ipset')}\n`)
  await it.run(['iptables-restore'], `${part('ipv4 nft')}\n`)
  const plain = (text: string) => text.replace(/\[\d+:\d+\]|^#.*$/gm, '')
  t.equal(plain((await it.sh('iptables-save')).stdout), plain(before))
  t.notOk(codes(await it.round()).includes('flushed'))
})

t.test('the legacy backend is polled where it is in use', skip, async (t) => {
  const it = await namespace(t)
  const watches = ({ sample }: Came) =>
    (firewall.watch?.({}, sample) ?? []).filter((one) => one.kind === 'poll')
  await asHealthy(it)
  t.same(watches(await it.round()), [], 'nft tells by itself')
  await it.run(['iptables-legacy', '-A', 'INPUT', '-p', 'udp', '--dport', '9', '-j', 'DROP'])
  const [poll] = watches(await it.round())
  if (poll?.kind !== 'poll') throw new Error('it is not polled')
  const inside = {
    run: async (argv: readonly string[], { line }: { line?: (text: string) => void } = {}) => {
      const { stdout } = await it.run(argv)
      for (const text of stdout.split('\n')) line?.(text)
      return { stdout: '', stderr: '', exit: 0 }
    },
  } as unknown as Host
  const first = await poll.ask(inside)
  t.equal(await poll.ask(inside), first, 'counters and dates are no change')
  await it.run(['iptables-legacy', '-P', 'FORWARD', 'DROP'])
  const second = await poll.ask(inside)
  t.not(second, first)
  await it.run(['iptables-legacy', '-F'])
  t.not(await poll.ask(inside), second)
})
