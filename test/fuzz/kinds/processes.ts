import type { Incident } from '../../../agent/model/index.ts'
import { kind, must, type Part, part, textOf } from '../kind.ts'
import { lookedAtAll } from '../looks.ts'
import type { Luck } from '../luck.ts'
import { mutated } from '../mutate.ts'
import { oddTexts } from '../odd.ts'
import { nodes } from '../recordings.ts'
import { hostOf } from '../world.ts'

const names = ['k3s-server', 'k3s-agent', 'k3s', 'rke2', 'rke2-server', 'k3s-server\nx', 'k3s server']
const words = [
  'server',
  'agent',
  '--data-dir',
  '--data-dir=/tmp/x',
  '-d',
  '/home/ann',
  '--config=/home/ann/k.yaml',
  '--https-listen-port=1',
  '--constructor',
  '--__proto__',
  '--disable=coredns',
  '--cluster-dns=192.0.2.1',
  '--node-name',
  '-a',
  '--',
  '',
]

/** What `/proc` shows of a process that somebody started to be taken for k3s. */
function forged(luck: Luck, pid: number, uid: number): readonly Part[] {
  const argv = [
    '/usr/local/bin/k3s',
    ...Array.from({ length: luck.pick([1, 3, 10, 5000]) }, () =>
      luck.odds(0.9) ? luck.pick(words) : luck.pick(oddTexts),
    ),
  ]
  const comm = luck.pick(names)
  const file = (name: string, text: string) =>
    part(`file /proc/${pid}/${name}`, luck.odds(0.2) ? mutated(luck, Buffer.from(text)) : text)
  return [
    file('comm', `${comm}\n`),
    file('cmdline', argv.join(luck.odds(0.8) ? '\0' : ' ')),
    file(
      'stat',
      `${pid} (${comm}) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${luck.pick([0, 100, 2 ** 53])} 0 0`,
    ),
    file(
      'cgroup',
      luck.pick([
        '0::/user.slice/user-1000.slice\n',
        '0::/system.slice/k3s.service\n',
        '',
        '0::/a\\012.service/x.service\n',
      ]),
    ),
    part(
      `file /proc/${pid}/status`,
      `Name:\t${comm.split('\n')[0]}\nPid:\t${pid}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nNSpid:\t${pid}\n`,
    ),
    part(
      `link /proc/${pid}/exe`,
      luck.pick([
        '/home/ann/k3s',
        `/x/data/${'a'.repeat(64)}/bin/k3s`,
        '/usr/local/bin/k3s (deleted)',
        luck.pick(oddTexts),
      ]),
    ),
  ]
}

/** Processes called as k3s is, before and after the real one in /proc. Those of another account than root change nothing of what is said. */
export const processes = kind({
  name: 'processes',
  cases: 40,
  make(luck) {
    const own = luck.odds(0.3) ? 0 : 1000
    const pids = [luck.below(1200) + 1, luck.below(9000) + 2000]
    return [part('node', luck.pick(nodes)), ...pids.flatMap((pid) => forged(luck, pid, own))]
  },
  async hold(parts) {
    const forgers = said(await lookedAtAll(hostOf(parts), [], itsCollectors))
    const node = parts.filter((it) => it.name === 'node')
    const others = parts.filter((it) => it.name.endsWith('/status'))
    if (others.length === 0 || others.some((it) => !/^Uid:\t1000\t/m.test(textOf([it], it.name)))) return
    const without = said(await lookedAtAll(hostOf(node), [], itsCollectors))
    must(forgers === without, "a user's process changes nothing", () => `${forgers}\n\n${without}`)
  },
})

const itsCollectors = ['k3s', 'cni', 'certs', 'firewall']

const said = (incidents: readonly Incident[]) =>
  incidents
    .flatMap((it) => [it.cause, ...it.affected])
    .map((it) => `${it.code} ${it.subject} ${it.text}`)
    .sort()
    .join('\n')
