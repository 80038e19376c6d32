import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'

const nodes = join(import.meta.dirname, '../nodes')
const command = (node: string, name: string) =>
  readFileSync(join(nodes, node, 'commands', `${name}.out`), 'utf8')
const filter = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n'

/** The firewall of a node with ufw on: recorded rules of k3s, recorded chains of ufw, and what people allowed. */
export function firewallOf(machine: Machine) {
  const recorded = command('ufw-default-deny', 'iptables-nft-save').split('\n')
  const chains = recorded.filter((it) => it.startsWith(':ufw'))
  const hooks = recorded.filter((it) => /^-A \S+ .*-j ufw-|^-A ufw-/.test(it))
  const user = [
    '-p tcp -m tcp --dport 22',
    '-s 10.42.0.0/16',
    '-s 10.43.0.0/16',
    '-p tcp -m tcp --dport 80',
  ].map((it) => `-A ufw-user-input ${it} -j ACCEPT`)
  let kube = command('healthy', 'iptables-nft-save')
  const kube6 = command('healthy', 'ip6tables-nft-save')
  let on = true
  let written = true

  const show = () => {
    const own = on ? [...hooks, ...user] : []
    const policy = on ? 'DROP' : 'ACCEPT'
    const head = `*filter\n:INPUT ${policy} [0:0]\n:FORWARD ${policy} [0:0]\n:OUTPUT ACCEPT [0:0]\n${on ? `${chains.join('\n')}\n` : ''}`
    const [before = '', after = ''] = (written ? kube : `${filter}COMMIT\n`).split(filter)
    machine.commands.set(
      'iptables-nft-save',
      `${before}${head}${after.replace('COMMIT', [...own, 'COMMIT'].join('\n'))}`,
    )
    machine.commands.set('ip6tables-nft-save', written ? kube6 : '*filter\nCOMMIT\n')
    machine.write('/etc/ufw/ufw.conf', `ENABLED=${on ? 'yes' : 'no'}\nLOGLEVEL=low\n`)
    machine.write('/etc/ufw/user.rules', `*filter\n### RULES ###\n${user.join('\n')}\nCOMMIT\n`)
  }
  machine.write('/etc/default/ufw', 'IPV6=no\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_FORWARD_POLICY="DROP"\n')
  machine.write('/etc/ssh/sshd_config', '#Port 22\nPermitRootLogin no\n')
  // SSH, and what k3s listens on while it runs.
  const listening = [22, 6443, 10_248, 10_250, 10_256].map((port, index) => {
    const hex = port.toString(16).toUpperCase().padStart(4, '0')
    return `   ${index}: 00000000:${hex} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1\n`
  })
  machine.write('/proc/net/tcp', `  sl  local_address rem_address   st\n${listening.join('')}`)
  show()

  return {
    /** What `iptables -F` and `-X` leave behind. */
    flush() {
      machine.commands.set(
        'iptables-nft-save',
        machine.commands.get('iptables-nft-save')?.replace(/^(-A|:[\w-]+ -).*\n/gm, '') ?? '',
      )
    },
    ufw(is: boolean) {
      on = is
      show()
    },
    allow(what: string) {
      user.push(`-A ufw-user-input ${what} -j ACCEPT`)
    },
    /** k3s's rules: gone after a boot, written when it starts. */
    k3s(there: boolean) {
      written = there
      show()
    },
    /** One pod for another, as kube-proxy, kube-router and the portmap plugin write it. */
    replace(was: { ip: string; name: string; sandbox: string }, now: typeof was) {
      kube = kube
        .replaceAll(`${was.ip}/`, `${now.ip}/`)
        .replaceAll(`${was.ip}:`, `${now.ip}:`)
        .replaceAll(was.name, now.name)
        .replaceAll(was.sandbox, now.sandbox)
      show()
    },
    addService(name: string, address: string) {
      const chain = `KUBE-SVC-${name.toUpperCase().padEnd(16, 'X')}`
      kube = kube
        .replace(':KUBE-SVC-LOLE', `:${chain} - [0:0]\n:KUBE-SVC-LOLE`)
        .replace(
          '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports',
          `-A KUBE-SERVICES -d ${address}/32 -p tcp -m comment --comment "default/${name} cluster IP" -m tcp --dport 80 -j ${chain}\n$&`,
        )
      show()
    },
    removeService(name: string) {
      const chain = `KUBE-SVC-${name.toUpperCase().padEnd(16, 'X')}`
      kube = kube
        .split('\n')
        .filter((it) => !it.includes(chain))
        .join('\n')
      show()
    },
  }
}
