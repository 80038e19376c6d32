import { existsSync } from 'node:fs'
import t from 'tap'
import { commandsIn, filled, formError, isCommand, programs, quotedTexts, runThere } from './commands.ts'

t.setTimeout(240_000)
const quoted = await quotedTexts()
const commands = quoted.filter(isCommand)
const root = process.getuid?.() === 0

/** What steps quote that is no command: a line of a file to write. */
const written = new Set(['prefer-bundled-bin: true', 'command: ["sleep", "infinity"]'])

t.test(
  'every command that a message gives is one that a shell takes, of a program that is known',
  async (t) => {
    t.ok(commands.length > 100, `${commands.length} of them`)
    for (const { text, where } of commands) {
      t.equal(formError(filled(text)), '', `${where}: ${text}`)
      for (const [program = ''] of commandsIn(filled(text)))
        t.ok(programs.has(program), `${where}: ${text}: no message names the program "${program}" besides`)
    }
    for (const it of quoted.filter((it) => it.step && it.text.includes(' ') && !isCommand(it)))
      t.ok(written.has(it.text), `${it.where}: "${it.text}" begins with no known program`)
  },
)

t.test("k3s's lines are never searched by priority, which they do not have", async (t) => {
  for (const { text, where } of commands)
    for (const words of commandsIn(text))
      if (words[0] === 'journalctl' && words.some((it) => /^(k3s|rke2)/.test(it)))
        t.notOk(
          words.some((it) => it === '-p' || it.startsWith('--priority')),
          `${where}: ${text}`,
        )
})

t.test('the words of a command line', async (t) => {
  t.strictSame(commandsIn(`a -b "c | d" 2>/dev/null | grep 'x;y' && LC_ALL=C sort; head`), [
    ['a', '-b', 'c | d'],
    ['grep', 'x;y'],
    ['sort'],
    ['head'],
  ])
})

/** `iptables-apply` waits for a person; the other setting exists only where the machine's own network is. */
const notHere = /^iptables-apply|nf_conntrack_max/
/** How programs say that they do not know what they were asked. */
const notKnown =
  /invalid option|unrecognized|unknown (option|flag|command|shorthand|keyword)|unknown option|[Uu]sage:|command not found|is unknown|syntax error|Bad argument|bad command|Invalid (option|argument)|not supported by|Failed to parse/i

t.test('every step that can be run here is understood by the program itself', { skip: !root }, async (t) => {
  const places = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  const here = (program: string) =>
    ['agent', 'k3s', 'rke2', 'modprobe'].includes(program) ||
    places.some((it) => existsSync(`${it}/${program}`))
  const steps = commands.filter(
    (it) =>
      it.step &&
      commandsIn(filled(it.text)).every(([program = '']) => here(program)) &&
      !notHere.test(it.text) &&
      // Without what it is to be done to, these name a kind of step.
      !['kubectl scale', 'kubectl logs', 'systemctl stop', 'iptables-restore'].includes(it.text),
  )
  const lines = steps.map((it) => filled(it.text))
  for (const [index, { said }] of runThere(lines).entries())
    t.notMatch(said, notKnown, `${steps[index]?.where}: ${lines[index]}`)
  t.comment(`${steps.length} of ${commands.filter((it) => it.step).length} steps were run`)
  t.ok(steps.length > 60)
})

t.test(
  'the steps that read show what they say, in the state that they are for',
  { skip: !root },
  async (t) => {
    /** A step as a message gives it, in a state; what it must show. */
    const states: readonly (readonly [state: string, step: string, shows: RegExp])[] = [
      ['', 'ip addr show dev cni0', /inet 10\.42\.0\.1\/24/],
      ['', 'ip addr show dev flannel.1', /flannel\.1: <[A-Z,_]*UP/],
      ['', 'ip -d link show type vxlan', /flannel\.1:[\s\S]*vxlan id 1 [\s\S]*dstport 8472/],
      [
        'ip link set eth0 mtu 1400',
        'ip link | grep mtu',
        /eth0@\S+: .* mtu 1400 [\s\S]*cni0: .* mtu \d+ [\s\S]*flannel\.1: .* mtu 1450 /,
      ],
      ['', 'ip route', /^10\.42\.1\.0\/24 via 10\.42\.1\.0 dev flannel\.1 onlink/m],
      ['', 'ip -s -s link', /RX errors:/],
      ['', 'iptables-save | grep -c ^-A', /^3$/],
      [
        '',
        'iptables-save | grep ^-A | sort | uniq -cd | sort -rn | head',
        /^ +3 -A INPUT -p tcp .*--dport 22/,
      ],
      ['iptables -P INPUT DROP', 'iptables -S INPUT | head -3', /^-P INPUT DROP/],
      ['', 'iptables -t filter -L KUBE-ROUTER-INPUT -n --line-numbers', /^num +target/m],
      ['', 'iptables --version', /^iptables v1\./],
      [
        'mkdir -p /run/flannel; echo FLANNEL_MTU=1450 > /run/flannel/subnet.env',
        'cat /run/flannel/subnet.env',
        /MTU=1450/,
      ],
      ['', 'ps -eo rss,pid,comm --sort=-rss | head -15', /^ +RSS +PID COMMAND/],
      ['', 'free -h', /^Mem:/m],
      ['', 'df -h', /Use%/],
      ['', 'sysctl vm.panic_on_oom kernel.panic', /^vm\.panic_on_oom = \d[\s\S]*kernel\.panic = /],
      ['', 'sysctl fs.inotify fs.file-nr', /max_user_watches[\s\S]*file-nr/],
    ]
    const given = new Set(commands.filter((it) => it.step).map((it) => it.text))
    for (const [state, step, shows] of states) {
      t.ok(given.has(step), `a message gives \`${step}\``)
      t.match(runThere([step], state)[0]?.said, shows, `${state || 'as it is'}: ${step}`)
    }
  },
)

t.test('the steps that mend do so', { skip: !root }, async (t) => {
  const mends: readonly (readonly [broken: string, step: string, check: string, shows: RegExp])[] = [
    ['ip link set cni0 down', 'ip link set cni0 up', 'ip route show dev cni0', /10\.42\.0\.0\/24/],
    [
      'ip addr flush dev cni0',
      'ip addr add ADDRESS brd + dev cni0',
      'ip route show dev cni0; ip addr show dev cni0',
      /10\.42\.0\.0\/24[\s\S]*10\.42\.0\.1\/24 brd 10\.42\.0\.255/,
    ],
    [
      'ip route del 10.42.1.0/24',
      'ip route replace 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink',
      'ip route',
      /10\.42\.1\.0\/24 via/,
    ],
    [
      'sysctl -qw net.ipv4.ip_forward=0',
      'sysctl -w net.ipv4.ip_forward=1',
      'sysctl net.ipv4.ip_forward',
      /= 1$/,
    ],
    [
      'iptables -P INPUT DROP; iptables -F INPUT',
      'iptables -I INPUT -p tcp --dport 22 -j ACCEPT',
      'iptables -S INPUT',
      /--dport 22 -j ACCEPT/,
    ],
    [
      'iptables -N ufw-user-input; iptables -N ufw-before-input',
      "iptables -S | sed -n 's/^-N \\(ufw-.*\\)/\\1/p' | xargs -rn1 iptables -X; ufw reload",
      'iptables -S | grep -c ufw-',
      /^0$/,
    ],
    [
      'iptables -A KUBE-ROUTER-INPUT -j ACCEPT',
      'ethtool -K flannel.1 tx-checksum-ip-generic off',
      'ethtool -k flannel.1',
      /tx-checksum-ip-generic: off/,
    ],
  ]
  const given = new Set(commands.filter((it) => it.step).map((it) => it.text))
  for (const [broken, step, check, shows] of mends) {
    t.ok(given.has(step), `a message gives \`${step}\``)
    const [before, , after] = runThere([check, filled(step), check], broken)
    t.match(after?.said, shows, `${broken}, then ${step}`)
    if (!broken.includes('KUBE-ROUTER')) t.notMatch(before?.said, shows, 'which it was not before')
  }
})
