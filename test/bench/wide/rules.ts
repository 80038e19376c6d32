import { spawnSync } from 'node:child_process'
import { openMachine } from '../../../agent/host/machine.ts'
import { spent } from '../../../agent/host/spent.ts'
import { readFamily } from '../../../collectors/firewall/dump/read.ts'
import { network } from '../../../collectors/firewall/packet/networks.ts'
import { kubeProxySync } from '../../collectors/firewall/churn.ts'
import { median, repeat } from '../measure.ts'
import type { Row } from '../table.ts'
import { environment, flags } from '../unit.ts'

/**
 * What looks at the rules that kube-proxy writes cost against `iptables-save >/dev/null` in the same namespace, measured
 * in turn, and the most memory they hold. As a program of its own it makes them.
 */
interface Looks {
  readonly rules: number
  /** CPU, ms: of looks with all that they run, of that their own, and of `iptables-save`. */
  readonly looks: readonly number[]
  readonly own: readonly number[]
  readonly saves: readonly number[]
  /** Bytes. */
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
  const [first] = await look()
  const peak = process.resourceUsage().maxRSS * 1024
  const all = await repeat(Number(process.argv[2]), async () => {
    const before = spent()
    spawnSync('sh', ['-c', 'exec iptables-nft-save >/dev/null'])
    const [own, between] = [process.cpuUsage(), spent()]
    await look()
    const { user, system } = process.cpuUsage(own)
    return { save: between - before, look: spent() - between, own: (user + system) / 1000 }
  })
  const said: Looks = {
    rules: first?.set.rules ?? 0,
    looks: all.map((it) => it.look),
    own: all.map((it) => it.own),
    saves: all.map((it) => it.save),
    peak,
  }
  process.stdout.write(JSON.stringify(said))
  process.exit()
}

const program = [process.execPath, ...flags, import.meta.filename].join(' ')

/** In a namespace with as many services as make `count` rules. */
export function looksAt(count: number, repeats: number): Looks {
  const rules = kubeProxySync(Math.ceil(count / 11), 0).replace(
    '*nat',
    '*nat\n:KUBE-NODEPORTS - [0:0]\n:KUBE-MARK-MASQ - [0:0]',
  )
  const ran = spawnSync('unshare', ['--net', 'sh', '-e'], {
    input: `iptables-nft-restore <<'RULES'\n${rules}RULES\niptables-nft-save >/dev/null\n${program} ${repeats}\n`,
    encoding: 'utf8',
    maxBuffer: 1e8,
    env: { ...process.env, ...environment },
  })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return JSON.parse(ran.stdout) as Looks
}

/** A look at so many rules: CPU against `iptables-save`, and memory against a look at a hundred. */
export function rulesRows(counts: readonly number[] = [1_000, 20_000, 100_000], repeats = 5): readonly Row[] {
  const few = looksAt(100, 1)
  return counts.flatMap((count): readonly Row[] => {
    const { rules, looks, own, saves, peak } = looksAt(count, repeats)
    const save = median(saves)
    return [
      {
        what: `CPU of a look at ${rules} rules, of that ${median(own).toFixed(0)} ms of its own`,
        unit: 'ms',
        values: [median(looks)],
        ...(count >= 20_000 && { budget: Math.round(1.3 * save) }),
        floor: { what: '`iptables-save`', value: save },
      },
      {
        what: `memory of a look at ${rules} rules, at the most`,
        unit: 'MB',
        values: [peak / 1e6],
        floor: { what: `at ${few.rules} rules`, value: few.peak / 1e6 },
      },
    ]
  })
}
