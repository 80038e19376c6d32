/**
 * What a look at 1,000, 20,000 and 100,000 rules costs against `iptables-save >/dev/null` in the same
 * namespace, and how much more memory it takes: `node test/bench/firewall.ts [REPEATS]`, as root. Budgets:
 * 1.3 times its time, memory as for a hundred rules. Run with `round` as an argument it is one look.
 */
import { spawnSync } from 'node:child_process'
import { openMachine } from '../../agent/host.ts'
import { network } from '../../collectors/firewall/networks.ts'
import { readFamily } from '../../collectors/firewall/read.ts'

const [mode = '3'] = process.argv.slice(2)

if (mode === 'round') {
  const host = openMachine().during(new AbortController().signal)
  const inside = [network('10.42.0.0/16')].filter((it) => it !== undefined)
  const look = () =>
    readFamily(host, {
      family: 'ipv4',
      podNetworks: ['10.42.0.0/16'],
      probes: [{ protocol: 'tcp', port: 22, inside }],
      past: [],
    })
  await look()
  const begun = performance.now()
  const cpu = process.cpuUsage()
  const [read] = await look()
  const took = performance.now() - begun
  const { user, system } = process.cpuUsage(cpu)
  const { rules } = read?.set ?? { rules: 0 }
  const peak = process.resourceUsage().maxRSS * 1024
  process.stdout.write(JSON.stringify({ rules, took, cpu: (user + system) / 1000, peak }))
  process.exit()
}

const inside = (script: string) => {
  const ran = spawnSync('unshare', ['--net', 'sh', '-ec', script], { encoding: 'utf8', maxBuffer: 1e8 })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return ran.stdout
}
const rule = (at: number) =>
  `-A KUBE-SVC-${at % 2000} -s 10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32 -p tcp -m comment --comment "default/web:${at}" -m tcp --dport 80 -j ACCEPT`
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

for (const count of [100, 1000, 20_000, 100_000]) {
  const chains = Array.from({ length: Math.min(2000, count) }, (_, at) => `:KUBE-SVC-${at} - [0:0]`)
  const rules = Array.from({ length: count }, (_, at) => rule(at))
  const text = `*nat\n${chains.join('\n')}\n${rules.join('\n')}\nCOMMIT\n`
  const script = `iptables-nft-restore <<'RULES'
${text}RULES
iptables-nft-save >/dev/null
for i in $(seq ${Number(mode)}); do
  a=$(date +%s%N); iptables-nft-save >/dev/null; b=$(date +%s%N); echo "save $(((b - a) / 1000))"
  echo "look $(${process.execPath} ${import.meta.filename} round)"
done`
  const ran = spawnSync('unshare', ['--net', 'sh', '-e'], { input: script, encoding: 'utf8', maxBuffer: 1e8 })
  if (ran.status !== 0) throw new Error(ran.stderr || inside('true'))
  const lines = ran.stdout.trim().split('\n')
  const of = (word: string) =>
    lines.filter((it) => it.startsWith(word)).map((it) => it.slice(word.length + 1))
  const save = median(of('save').map((it) => Number(it) / 1000))
  const looks = of('look').map((it) => JSON.parse(it) as { took: number; cpu: number; peak: number })
  const took = median(looks.map((it) => it.took))
  process.stdout.write(
    `${String(count).padStart(7)} rules: iptables-save ${save.toFixed(0)} ms, a look ${took.toFixed(0)} ms (${(took / save).toFixed(2)} x; ${median(looks.map((it) => it.cpu)).toFixed(0)} ms of CPU of its own), peak ${(median(looks.map((it) => it.peak)) / 1e6).toFixed(0)} MB\n`,
  )
}
