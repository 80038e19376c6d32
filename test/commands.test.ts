import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { commandsIn, filled, formError, isCommand, programs, quotedTexts, runThere } from './commands.ts'
import { elsewhere, isThere, notRun, shown, shownBooted } from './shown.ts'

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
    const given = new Set(commands.filter((it) => it.step).map((it) => it.text))
    for (const it of shown.filter(isThere)) {
      const ran = runThere(
        it.steps.map(([step]) => filled(step)),
        it.state,
      )
      for (const [at, [step, shows]] of it.steps.entries()) {
        t.ok(given.has(step), `a message gives \`${step}\``)
        t.match(ran[at]?.said, shows, step)
      }
    }
    for (const { needs } of shown.filter((it) => !isThere(it))) t.comment(`not shown: needs ${needs}`)
  },
)

const ufw =
  'mount -t tmpfs tmpfs /tmp; cp -a /etc/ufw /run/etc-ufw; mount --bind /run/etc-ufw /etc/ufw; touch /run/real-ufw; ufw --force enable >/dev/null'
/** How it is broken, the step, what is asked before and after it, and what that shows only then. */
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
    ufw,
    'ufw allow from NODE to any port 8472 proto udp',
    'iptables -S ufw-user-input',
    /-s 192\.0\.2\.9\/32 -p udp .*--dport 8472 -j ACCEPT/,
  ],
  [
    'iptables -P INPUT DROP; iptables -F INPUT',
    'iptables -I INPUT -s NODE -p udp --dport 8472 -j ACCEPT',
    'iptables -S INPUT',
    /-s 192\.0\.2\.9\/32 -p udp .*--dport 8472 -j ACCEPT/,
  ],
  [
    'for it in 1 2; do iptables -A KUBE-ROUTER-INPUT -s 10.42.0.0/16 -j ACCEPT; done',
    'iptables -t filter -D KUBE-ROUTER-INPUT NUMBER',
    'iptables -S KUBE-ROUTER-INPUT | grep -c ACCEPT',
    /^1$/,
  ],
  [
    'iptables -A KUBE-ROUTER-INPUT -j ACCEPT',
    'ethtool -K flannel.1 tx-checksum-ip-generic off',
    'ethtool -k flannel.1',
    /tx-checksum-ip-generic: off/,
  ],
]

t.test('the steps that mend do so', { skip: !root }, async (t) => {
  const given = new Set(commands.filter((it) => it.step).map((it) => it.text))
  for (const [broken, step, check, shows] of mends) {
    t.ok(given.has(step), `a message gives \`${step}\``)
    const [before, , after] = runThere([check, filled(step), check], broken)
    t.match(after?.said, shows, `${broken}, then ${step}`)
    if (!step.startsWith('ethtool')) t.notMatch(before?.said, shows, 'which it was not before')
  }
})

/** Without the pods of a recorded node. */
const named = (text: string) =>
  text.replace(/^kubectl -n \S+ delete pod [a-z].*$/, 'kubectl -n NAMESPACE delete pod NAME')

t.test('every step is run in the state that it is for, or it is said why not', async (t) => {
  const run = new Set([
    ...shown.flatMap(({ steps }) => steps.map(([step]) => step)),
    ...mends.map(([, step]) => step),
    ...shownBooted.map(([step]) => step),
    ...Object.keys(elsewhere),
  ])
  const steps = new Set(commands.filter((it) => it.step).map((it) => it.text))
  for (const { text, where } of commands.filter((it) => it.step))
    t.ok(run.has(named(text)) !== text in notRun, `${where}: ${text}`)
  for (const step of [...run, ...Object.keys(notRun)]) t.ok(steps.has(step), `a message gives \`${step}\``)
  for (const [file, word] of Object.values(elsewhere))
    t.ok(readFileSync(join(import.meta.dirname, file), 'utf8').includes(word), `${file}: ${word}`)
  t.comment(`${run.size} are run, ${Object.keys(notRun).length} are not`)
})
