import { spawnSync } from 'node:child_process'
import { openMachine } from '../../agent/host/machine.ts'
import { readFamily } from '../../collectors/firewall/dump/read.ts'
import { network } from '../../collectors/firewall/packet/networks.ts'
import { kubeProxySync } from '../collectors/firewall/churn.ts'
import { median } from './measure.ts'
import { environment, flags } from './unit.ts'

/**
 * What a look at the rules that kube-proxy writes costs against `iptables-save >/dev/null` in the same namespace,
 * and how much memory it takes. As a program of its own it is one look.
 */
interface Look {
  readonly rules: number
  /** ms, and of that CPU of the process itself. */
  readonly took: number
  readonly cpu: number
  /** The most memory it ever held, bytes. */
  readonly peak: number
}

if (import.meta.main) {
  const host = openMachine().during(new AbortController().signal)
  const inside = ['10.42.0.0/16', '10.43.0.0/16'].map(network).filter((it) => it !== undefined)
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
  const peak = process.resourceUsage().maxRSS * 1024
  const all: Look = { rules: read?.set.rules ?? 0, took, cpu: (user + system) / 1000, peak }
  process.stdout.write(JSON.stringify(all))
  process.exit()
}

const program = [process.execPath, ...flags, import.meta.filename].join(' ')

/** One line: medians of looks and of `iptables-save`, measured in turn, with as many services as make `count` rules. */
export function measureLooks(count: number, repeats: number): string {
  const rules = kubeProxySync(Math.ceil(count / 11), 0).replace(
    '*nat',
    '*nat\n:KUBE-NODEPORTS - [0:0]\n:KUBE-MARK-MASQ - [0:0]',
  )
  const script = `iptables-nft-restore <<'RULES'
${rules}RULES
iptables-nft-save >/dev/null
for i in $(seq ${repeats}); do
  a=$(date +%s%N); iptables-nft-save >/dev/null; b=$(date +%s%N); echo "save $(((b - a) / 1000))"
  echo "look $(${program})"
done`
  const ran = spawnSync('unshare', ['--net', 'sh', '-e'], {
    input: script,
    encoding: 'utf8',
    maxBuffer: 1e8,
    env: { ...process.env, ...environment },
  })
  if (ran.status !== 0) throw new Error(ran.stderr)
  const lines = ran.stdout.trim().split('\n')
  const of = (word: string) =>
    lines.filter((it) => it.startsWith(word)).map((it) => it.slice(word.length + 1))
  const save = median(of('save').map((it) => Number(it) / 1000))
  const looks = of('look').map((it) => JSON.parse(it) as Look)
  const took = median(looks.map((it) => it.took))
  const cpu = median(looks.map((it) => it.cpu))
  const peak = median(looks.map((it) => it.peak)) / 1e6
  return `${String(looks[0]?.rules).padStart(7)} rules: iptables-save ${save.toFixed(0)} ms, a look ${took.toFixed(0)} ms (${(took / save).toFixed(2)} x; ${cpu.toFixed(0)} ms of CPU of its own), peak ${peak.toFixed(0)} MB`
}
