import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { differences, inventory, mark, ofOthers } from './inventory.ts'

/**
 * Runs inside namespaces of its own: leaves one thing of each kind behind and changes one, and prints what that makes
 * between two inventories.
 */
const script = `
  import { execFileSync, spawn } from 'node:child_process'
  import { mkdirSync } from 'node:fs'
  const { differences, inventory } = await import('${join(import.meta.dirname, 'inventory.ts')}')
  const run = { id: 'it', folder: '/run/it' }
  mkdirSync(run.folder)
  const before = inventory(run)
  const same = differences(before, inventory(run))
  execFileSync('sh', ['-ec', process.argv[1]], { stdio: ['ignore', 'ignore', 'inherit'] })
  const sleeper = spawn('sleep', ['100'], { env: { PATH: process.env.PATH, ${mark}: 'it' } })
  await new Promise((resolve) => sleeper.once('spawn', resolve))
  console.log(JSON.stringify([same, differences(before, inventory(run))]))
  sleeper.kill('SIGKILL')
`
/** Nothing of this machine's may change meanwhile: what is written to is mounted here only. */
const prepare = `
  mount -t tmpfs tmpfs /run
  for it in etc var/lib opt; do
    mkdir -p /run/layers/$it/up /run/layers/$it/work
    mount -t overlay overlay -o lowerdir=/$it,upperdir=/run/layers/$it/up,workdir=/run/layers/$it/work /$it
  done
  mount -t tmpfs tmpfs /sys/fs/cgroup
  exec "$0" --input-type=module -e "$1" "$2"
`
const leave = `
  mkdir -p /etc/rancher/k3s /var/lib/kubelet /run/k3s /opt/murphy && touch /etc/rancher/k3s/k3s.yaml
  echo 'murphy:x:999:999::/var/lib/murphy:/usr/sbin/nologin' >>/etc/passwd
  mkdir -p /sys/fs/cgroup/memory/murphy-test-0/kubepods
  ip netns add murphy-0 && ip link add cni0 type bridge && ip link set lo up
  iptables-nft -A INPUT -s 198.51.100.7 -j DROP && iptables-legacy -N KUBE-SERVICES
  nft add table inet murphy && nft 'add chain inet murphy in { type filter hook input priority 0; policy accept; }' &&
    nft add rule inet murphy in tcp dport 22 drop
  mkdir /run/it/murphy-x && mount -t tmpfs tmpfs /run/it/murphy-x
  mv /etc/hosts /etc/murphy-hosts
`

const skip =
  process.getuid?.() === 0 || process.env.CI === 'true' ? {} : { skip: 'making namespaces needs root' }

t.test('what is left behind or changed is named', skip, async (t) => {
  const argv = [
    '--net',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-ec',
    prepare,
    process.execPath,
    script,
    leave,
  ]
  const said = execFileSync('unshare', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const [same, found] = JSON.parse(said) as [string[], string[]]
  t.strictSame(same, [], 'without any of it nothing is different')
  for (const it of [
    'left behind: file /etc/rancher',
    'left behind: file /etc/rancher/k3s/k3s.yaml',
    'left behind: file /var/lib/kubelet',
    'left behind: file /run/k3s',
    'left behind: file /opt/murphy',
    'left behind: cgroup /sys/fs/cgroup/memory/murphy-test-0/kubepods',
    'left behind: namespace murphy-0',
    'left behind: link cni0',
    'left behind: rule iptables-nft -A INPUT -s 198.51.100.7/32 -j DROP',
    'left behind: rule iptables-legacy :KUBE-SERVICES -',
    'left behind: rule nft inet murphy chain in: tcp dport 22 drop',
    'left behind: mount /run/it/murphy-x',
    'left behind: temporary /run/it/murphy-x',
  ])
    t.ok(found.includes(it), it, { found })
  for (const it of [
    /^left behind: content \/etc\/passwd /,
    /^gone: content \/etc\/passwd /,
    /^gone: content \/etc\/hosts /,
  ])
    t.ok(
      found.some((one) => it.test(one)),
      String(it),
      { found },
    )
  t.ok(
    found.some((it) => /^left behind: process \d+ sleep 100$/.test(it)),
    'a process that stays',
    { found },
  )
})

t.test('what others do is no difference', async (t) => {
  const alive = `cgroup /sys/fs/cgroup/memory/murphy-test-${process.pid}`
  t.ok(ofOthers(alive), "another run's, which still runs")
  t.notOk(
    ofOthers('namespace murphy-world-7', () => false),
    'nobody runs who made it',
  )
  t.notOk(
    ofOthers('process 7 sh -c murphy-test-7', () => true),
    'a process is known by its mark',
  )
  t.strictSame(differences(['namespace murphy-1', 'link cni0'], [alive]), ['gone: link cni0'])
  const again = inventory({ id: 'none', folder: '/nonexistent' })
  t.notOk(
    again.some((it) => it.startsWith('process ') || it.startsWith('temporary ')),
    'processes and temporary files of others are not looked at',
  )
})
