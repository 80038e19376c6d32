import { chance } from '../chance.ts'
import { day, type LivingNode } from './node.ts'
import type { Pod } from './pods.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Something that happens at a time, and whose collectors hear of it. */
export interface Happening {
  readonly at: number
  readonly what: string
  readonly run: (node: LivingNode) => void
  /** Which collectors are woken, and by what line. */
  readonly wakes?: Readonly<Record<string, string>>
  /** Nobody looks until the next happening: the machine is off. */
  readonly dark?: true
  /** It happens every day. */
  readonly usual?: true
}

const generation = (name: string) => `# new generation 77 by process 4242 (${name})`
const link = (name: string) => `12: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 state UP`
const usual = true
const kube = {
  firewall: generation('iptables-restor'),
  cni: link('vethab12cd34'),
  pods: '/var/log/containers',
}

/** What a healthy node goes through, from `begin` on: by the day, the week, the month and the quarter. */
export function calendar(begin: number, days: number): readonly Happening[] {
  const random = chance(11)
  const all: Happening[] = []
  const add = (at: number, what: string, run: Happening['run'], more: Partial<Happening> = {}) =>
    all.push({ at: begin + at, what, run, ...more })
  const one = (node: LivingNode, container: string): Pod | undefined =>
    node.pods.all().find((it) => it.container === container && it.veth)

  for (let at = 0; at < days; at += 1) {
    const morning = at * day + 2 * hour
    const name = `backup-${29_000_000 + at * 1440}-x${at % 10}z`
    const job = (node: LivingNode) => node.pods.all().find((it) => it.name === name)
    add(morning, 'a job starts', (node) => void node.pods.start('default', name, 'backup'), {
      wakes: kube,
      usual,
    })
    add(
      morning + 4 * minute,
      'and is done',
      (node) => {
        const it = job(node)
        if (it) node.pods.complete(it)
      },
      { wakes: kube, usual },
    )
    add(
      morning + 3 * day,
      'its pod is deleted',
      (node) => {
        const it = job(node)
        if (it) node.pods.end(it)
      },
      { usual },
    )
    if (at % 7 === 2) rollout(at * day + 10 * hour)
    if (at % 7 === 4) {
      add(at * day + 11 * hour, 'images are pulled', (node) => node.pull(1.5 + random() * 2))
    }
    if (at % 10 === 3) service(at * day + 13 * hour, `svc${at}`)
    if (at % 23 === 9)
      add(
        at * day + 15 * hour,
        'a probe fails once',
        (node) => {
          const it = one(node, 'web')
          if (it) node.pods.restart(it)
        },
        { wakes: { pods: '/var/log/containers' } },
      )
    if (at % 30 === 12) ufwReload(at * day + 9 * hour)
    if (at % 30 === 20) reboot(at * day + 4 * hour)
    if (at % 30 === 6)
      add(at * day + 5 * hour, 'a leap of the clock', (node) => node.step(random() < 0.5 ? 1500 : -1500))
    // With fresh certificates, the third of these falls into the renewal window.
    if (at % 91 === 82) restart(at * day + 3 * hour)
    if (at % 60 === 45) restart(at * day + 3 * hour, `v1.33.${2 + Math.floor(at / 60)}+k3s1`)
  }
  return all.sort((a, b) => a.at - b.at)

  /** Three pods, one after the other, each started before the old one goes. */
  function rollout(at: number) {
    for (const turn of [0, 1, 2])
      add(
        at + turn * 40 * second,
        'a pod is replaced',
        (node) => {
          const old = one(node, 'web')
          if (!old) return
          const now = node.pods.start('default', `web-${Math.floor(at / day)}-${turn}abcd`, 'web')
          node.firewall.replace(old, now)
          node.pods.end(old)
          node.say('cni0: port 3(veth1234) entered forwarding state')
        },
        { wakes: kube },
      )
  }
  function service(at: number, name: string) {
    const wakes = { firewall: generation('iptables-restor') }
    add(at, 'a service comes', (node) => node.firewall.addService(name, `10.43.7.${at % 200}`), { wakes })
    add(at + 12 * day, 'and goes', (node) => node.firewall.removeService(name), { wakes })
  }
  /** `ufw reload` says that it is off, takes its chains away, and makes them anew. */
  function ufwReload(at: number) {
    add(
      at,
      'ufw is being reloaded',
      (node) => {
        node.firewall.allow(`-p tcp -m tcp --dport ${8000 + Math.floor(at / day)}`)
        node.firewall.ufw(false)
      },
      { wakes: { firewall: generation('iptables') } },
    )
    add(at + second, 'and on again', (node) => node.firewall.ufw(true), {
      wakes: { firewall: generation('iptables-restor') },
    })
  }
  function reboot(at: number) {
    const wrong = -30 * second - random() * 60 * second
    add(at, 'it goes down for new packages', (node) => node.cutPower(), { dark: true })
    add(at + 40 * second, 'and boots', (node) => node.boot(wrong), { dark: true })
    add(at + 55 * second, 'k3s starts', (node) => node.startK3s(), { wakes: { k3s: '', certs: '', cni: '' } })
    add(at + 75 * second, 'a time server is asked', (node) => node.step(-wrong))
    add(at + 115 * second, 'all runs again', (node) => node.settleK3s(), { wakes: kube })
  }
  function restart(at: number, version?: string) {
    add(
      at,
      'k3s is stopped',
      (node) => {
        if (version) node.upgradeK3s(version)
        node.stopK3s()
      },
      { wakes: { k3s: '/run/k3s/containerd' } },
    )
    add(at + 4 * second, 'and started', (node) => node.startK3s(), { wakes: { k3s: '', certs: '' } })
    add(at + 35 * second, 'its API answers', (node) => node.api(true))
    if (!version) return
    add(
      at + 90 * second,
      'CoreDNS is replaced',
      (node) => {
        node.machine.dns = false
      },
      { wakes: { cni: '' } },
    )
    add(at + 110 * second, 'and answers', (node) => {
      node.machine.dns = true
    })
  }
}
