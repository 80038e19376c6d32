import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { bootContainer, withoutContainer } from './container.ts'

const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

const unit = readFileSync(new URL('../../systemd/murphy.service', import.meta.url), 'utf8')

/** Each is run as the agent would run it; what it printed comes back under its name. */
const looks = {
  who: 'id -un',
  capabilities: 'sed -n "s/^CapEff:[[:space:]]*//p" /proc/self/status',
  nft: 'iptables-nft-save',
  'nft v6': 'ip6tables-nft-save',
  legacy: 'iptables-legacy-save',
  'legacy v6': 'ip6tables-legacy-save',
  rules: 'nft -j list ruleset',
  sets: 'ipset list -o save',
  links: 'ip -j -d link show',
  fdb: 'bridge -j fdb show',
  ping: 'setpriv --inh-caps=-dac_read_search,-net_admin,-syslog -- ping -n -c 1 -W 1 -I lo 127.0.0.1',
  k3s: 'cat /var/lib/rancher/k3s/server/tls/client-admin.crt',
  home: 'cat /root/.kube/config',
  'other process': 'tr "\\0" " " < /proc/1/cmdline',
  kernel: 'dd if=/dev/kmsg bs=8192 count=1',
  pressure: 'cat /proc/pressure/memory',
  'a child that ends with it': 'setpriv --pdeathsig KILL -- echo started',
  state: 'touch /var/lib/murphy/x /run/murphy/x && echo written',
  'no write': 'touch /etc/x /opt/x /root/x /var/lib/rancher/x',
  'no disk': 'ls /dev/mem /dev/vda /dev/sda',
  'no setuid': 'su -c id',
  'no namespace': 'unshare -n true',
  'no signal': 'kill -0 1',
  'no passwords': 'cat /etc/shadow /etc/shadow- /etc/gshadow | wc -c',
  'no keys': 'cat /etc/ssh/ssh_host_*_key /var/lib/systemd/credential.secret | wc -c; ls -A /root/.ssh',
  sshd: 'cat /etc/ssh/sshd_config',
  'no runtime folders': 'ls -A /run/user',
  'a program of its own': 'cp /usr/bin/true /var/lib/murphy/it && /var/lib/murphy/it',
  'a program for a while': 'cp /usr/bin/true /tmp/it && /tmp/it',
  'a program in a home': '/root/it && echo ran',
  'what k3s brings along': '/var/lib/rancher/k3s/data/0/bin/aux/it --version',
  'what k3s keeps': '/var/lib/rancher/k3s/agent/it && echo ran',
  'its umask': 'umask',
}

/** A program of this machine, with the libraries that it loads. */
function filesOf(program: string): readonly string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' })
  return [program, ...[...stdout.matchAll(/=> (\/\S+)/g)].map(([, file = '']) => file)]
}

t.test('in its unit the agent sees what it must and can do no more', { skip }, async (t) => {
  const node = await bootContainer({ binds: filesOf('/usr/bin/ping') })
  t.teardown(() => node.stop())
  await node.sh('cat > /etc/systemd/system/murphy.service', { input: unit })
  const commands = Object.entries(looks).map(([name, it]) => `echo "== ${name}"; ${it}`)
  await node.sh(
    'mkdir -p /opt/murphy/bin /etc/murphy && touch /opt/murphy/bin/node && cat > /opt/murphy/looks.sh',
    {
      input: `exec >/run/murphy/said 2>&1
      nft monitor > /run/murphy/monitor & stdbuf -oL ip monitor link > /run/murphy/links &
      systemd-notify --ready
      ${commands.join('\n')}
      systemd-notify WATCHDOG=1 && echo "== end"
      sleep 60`,
    },
  )
  await node.sh(
    `useradd --system --home-dir /var/lib/murphy --shell /usr/sbin/nologin murphy
     mkdir -p /etc/systemd/system/murphy.service.d
     printf '[Service]\\nExecStart=\\nExecStart=sh /opt/murphy/looks.sh\\n' > /etc/systemd/system/murphy.service.d/a.conf
     mkdir -p /var/lib/rancher/k3s/server/tls /root/.kube
     mkdir -p /root/.ssh /run/user/1000/bus
     echo key > /root/.ssh/id_ed25519 && ssh-keygen -qA && systemd-creds setup 2> /dev/null && wc -c /var/lib/systemd/credential.secret /etc/shadow /etc/ssh/ssh_host_rsa_key
     echo certificate > /var/lib/rancher/k3s/server/tls/client-admin.crt
     echo kubeconfig > /root/.kube/config
     chmod -R go= /var/lib/rancher/k3s /root/.kube
     mkdir -p /var/lib/rancher/k3s/data/0/bin/aux /var/lib/rancher/k3s/agent
     for it in /root /var/lib/rancher/k3s/agent; do cp /usr/bin/true $it/it; done
     cp /usr/sbin/xtables-nft-multi /var/lib/rancher/k3s/data/0/bin/aux/it
     ip link set lo up
     ip link add cni0 type bridge
     ipset create pods hash:ip
     for it in iptables-nft iptables-legacy; do $it -A INPUT -s 192.0.2.1 -j DROP; done
     for it in ip6tables-nft ip6tables-legacy; do $it -A INPUT -s 2001:db8::1 -j DROP; done
     systemctl daemon-reload && systemctl start murphy
     for i in $(seq 500); do
       iptables -A INPUT -s 192.0.2.2 -j DROP && ip link add veth0 type veth peer name veth1 && ip link del veth0
       grep -q '^== end' /run/murphy/said && grep -q 'by process' /run/murphy/monitor && grep -q veth0 /run/murphy/links && break
       sleep 0.1
     done`,
  )
  const said = Object.fromEntries(
    (await node.sh('cat /run/murphy/said'))
      .split('== ')
      .map((it): [string, string] => [it.slice(0, it.indexOf('\n')), it.slice(it.indexOf('\n') + 1)]),
  )
  t.match(said, {
    who: 'murphy',
    capabilities: '0000000400003004',
    nft: '-A INPUT -s 192.0.2.1/32 -j DROP',
    'nft v6': '-A INPUT -s 2001:db8::1/128 -j DROP',
    legacy: '-A INPUT -s 192.0.2.1/32 -j DROP',
    'legacy v6': '-A INPUT -s 2001:db8::1/128 -j DROP',
    rules: '"right": "192.0.2.1"',
    sets: 'create pods hash:ip',
    links: '"info_kind":"bridge"',
    fdb: '"ifname":"cni0"',
    ping: '1 received',
    k3s: 'certificate',
    home: 'kubeconfig',
    'other process': /systemd|init/,
    kernel: /^\d+,\d+,\d+,/,
    pressure: 'some avg10=',
    'a child that ends with it': 'started',
    state: 'written',
    'no disk': /^(ls: cannot access \S+ No such file or directory\n){3}$/,
    'no setuid': /fail|must be|denied|cannot/i,
    'no namespace': 'Operation not permitted',
    'no signal': 'Operation not permitted',
    // It may read whatever there is, but what there is is empty.
    'no passwords': '0\n',
    'no keys': '0\n',
    sshd: /^Include|^Port|^#/m,
    'no runtime folders': '',
    'a program of its own': 'Permission denied',
    'a program for a while': 'Permission denied',
    'a program in a home': 'Permission denied',
    'what k3s brings along': /xtables|legacy|nf_tables/,
    'what k3s keeps': 'Permission denied',
    'its umask': '0077\n',
    end: '',
  })
  t.equal(said['no write']?.match(/Read-only file system/g)?.length, 4)
  t.match(await node.sh('cat /run/murphy/monitor'), /by process \d+ \(iptables\)/)
  t.match(await node.sh('cat /run/murphy/links'), 'veth0')
  const [, score] =
    /exposure level for murphy.service: ([\d.]+)/.exec(
      await node.sh('systemd-analyze security --no-pager murphy.service'),
    ) ?? []
  t.ok(Number(score) <= 2.5, `systemd-analyze security gives ${score}; 2.5 is the most it may be`)
})
