import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type Capability, canConfine, held, needs } from '../../agent/host/confine.ts'

const tools = ['iptables-nft', 'iptables-legacy', 'nft', 'ipset', 'ip', 'bridge', 'ping', 'unshare']
const missing = tools.filter((it) => spawnSync('sh', ['-c', `command -v ${it}`]).status !== 0)
const skip =
  (process.getuid?.() !== 0 && 'needs root') ||
  (!canConfine && 'needs setpriv (util-linux)') ||
  (missing.length > 0 && process.env.CI !== 'true' && `needs ${missing.join(', ')}`)

/** A network namespace with a bridge, rules of both backends, a table of nftables and an ipset; then `script`. */
function inNamespace(script: string) {
  const setup = `ip link set lo up && ip link add cni0 type bridge && ipset create pods hash:ip
    ipset create pods6 hash:ip family inet6
    for it in iptables-nft iptables-legacy; do $it -A INPUT -m set --match-set pods src -j DROP; done
    for it in ip6tables-nft ip6tables-legacy; do $it -A INPUT -m set --match-set pods6 src -j DROP; done
    nft add table inet own`
  const { stdout, stderr, status } = spawnSync('unshare', ['-n', 'sh', '-euc', `${setup}\n${script}`], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}${stdout}`)
  return stdout
}

/** As the unit starts the agent: another user, to whom `given` are handed on. */
const asUnit = (given: readonly string[]) => {
  const list = ['-all', ...given.map((it) => `+${it}`)].join()
  return `setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --inh-caps=${list} --ambient-caps=${list} --`
}

const host = fileURLToPath(new URL('../../agent/host/machine.ts', import.meta.url))

t.test('with what they are given, commands and what is followed see all they need', { skip }, async (t) => {
  const program = `
    import { readFileSync } from 'node:fs'
    import { setTimeout as pause } from 'node:timers/promises'
    import { openMachine } from '${host}'
    const stop = new AbortController()
    const machine = openMachine()
    const asking = machine.during(AbortSignal.timeout(60_000))
    const said = {}
    for (const argv of ${JSON.stringify([
      ['iptables-nft-save'],
      ['ip6tables-nft-save'],
      ['iptables-save'],
      ['iptables-legacy-save'],
      ['ip6tables-legacy-save'],
      ['nft', 'list', 'tables'],
      ['ipset', 'save'],
      ['ip', '-j', '-d', 'link', 'show'],
      ['bridge', '-j', 'fdb', 'show'],
      ['ping', '-n', '-c', '1', '-W', '1', '-I', 'lo', '127.0.0.1'],
      ['sed', '-n', 's/^CapEff:.//p', '/proc/self/status'],
    ])}) said[argv.join(' ')] = await asking.run(argv)
    const lines = { 'cat /dev/kmsg': 0 }
    for (const argv of [['nft', 'monitor'], ['ip', 'monitor', 'link'], ['cat', '/dev/kmsg']])
      void machine.follow(argv, () => { lines[argv.join(' ')] += 1 }, stop.signal)
    const children = {}
    for (let count = 0; count < 100 && !(lines['cat /dev/kmsg'] > 0 && Object.keys(children).length === 3); count += 1) {
      await pause(50)
      for (const pid of readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').split(' ').filter(Boolean)) {
        const name = readFileSync('/proc/' + pid + '/comm', 'utf8').trim()
        const caps = Object.fromEntries(readFileSync('/proc/' + pid + '/status', 'utf8').matchAll(/^Cap(\\w+):\\t(\\w+)/gm)
          .map((it) => it.slice(1, 3)))
        if (name !== 'setpriv' && name !== 'node') children[name] = caps
      }
    }
    stop.abort()
    machine.close()
    console.log(JSON.stringify({ said, children, lines }))`
  const stdout = inNamespace(
    `${asUnit(held)} ${process.execPath} --input-type=module-typescript -e "$(cat <<'END'\n${program}\nEND\n)"`,
  )
  const { said, children, lines } = JSON.parse(stdout)
  for (const [name, it] of Object.entries<{ exit: number; stderr: string }>(said))
    t.equal(it.exit, 0, `${name}: ${it.stderr}`)
  t.match(said['iptables-nft-save'].stdout, /-A INPUT -m set --match-set pods6? src -j DROP/)
  t.match(said['iptables-legacy-save'].stdout, /-A INPUT -m set --match-set pods6? src -j DROP/)
  t.match(said['ip6tables-legacy-save'].stdout, /-A INPUT -m set --match-set pods6? src -j DROP/)
  t.match(said['nft list tables'].stdout, 'table inet own')
  t.match(said['ipset save'].stdout, 'create pods hash:ip')
  t.match(said['ip -j -d link show'].stdout, '"info_kind":"bridge"')
  t.match(said['bridge -j fdb show'].stdout, '"ifname":"cni0"')
  t.match(said['ping -n -c 1 -W 1 -I lo 127.0.0.1'].stdout, '1 received')
  t.equal(said['sed -n s/^CapEff:.//p /proc/self/status'].stdout, '0000000000000000\n')
  t.ok(lines['cat /dev/kmsg'] > 0, 'the kernel log is followed')
  const none = '0000000000000000'
  t.match(children, {
    nft: { Inh: '0000000000001000', Eff: '0000000000001000', Amb: '0000000000001000' },
    ip: { Inh: none, Prm: none, Eff: none, Amb: none },
    cat: { Inh: none, Prm: none, Eff: none, Amb: none },
  })
})

t.test('and nothing they are given could be left out', { skip }, async (t) => {
  const asked: Readonly<Record<string, string>> = {
    ...{ nft: 'list tables', ipset: 'save', ping: '-n -c 1 -W 1 127.0.0.1' },
  }
  // xtables-*-multi are k3s's own and no part of Debian; what has no backend in its name needs more where it
  // is the legacy one; journals are read in a container (`last-boot.test.ts`).
  const there = [...needs].filter(([name]) => !/^xtables-|^ip6?tables-save$|^journalctl$/.test(name))
  // Some kernels give what the file of ping itself carries, whatever the unit says: a copy carries nothing.
  const folder = mkdtempSync('/run/murphy-test-ping-')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const bare = `${folder}/ping`
  copyFileSync('/usr/bin/ping', bare)
  chmodSync(folder, 0o755)
  const tries = there.flatMap(([name, all]) =>
    [undefined, ...all].map((less?: Capability) => ({ name, less, given: all.filter((it) => it !== less) })),
  )
  const stdout = inNamespace(
    tries
      .map(({ name, less, given }) => {
        const command = `${asUnit(given)} ${name === 'ping' ? bare : name} ${asked[name] ?? ''} >/dev/null 2>&1`
        return `if ${command}; then echo '${name} without ${less ?? 'nothing'}'; fi`
      })
      .join('\n'),
  )
  t.strictSame(
    stdout.trim().split('\n'),
    there.map(([name]) => `${name} without nothing`),
    'each works, and with one less it does not',
  )
})
