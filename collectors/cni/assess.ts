import type { Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { bridge } from './bridge.ts'
import { confFolder, otherConfFolder, subnetFile } from './conf.ts'
import { dns } from './dns.ts'
import { plan } from './expected.ts'
import { kernel } from './kernel.ts'
import { besideKillall, grace, killall, outlastsStart } from './lacking.ts'
import { leak } from './leak.ts'
import { wear } from './link-errors.ts'
import { mtu } from './mtu.ts'
import { offload } from './offload.ts'
import { overlay } from './overlay.ts'
import { routes } from './routes.ts'
import { type Code, rules } from './rules.ts'
import type { CniSample } from './sample.ts'
import { onServer, restartOf } from './text.ts'
import { unreachable } from './unreachable.ts'

/**
 * What is wrong with the pod network. Pure. `before` is the previous sample: some findings need two samples that agree;
 * without it one is enough. Under a CNI other than flannel only what holds for every CNI is judged.
 */
export function assess(sample: CniSample, now: number, before?: CniSample): readonly Observation<Code>[] {
  return agreed(judged(sample, now, before))
}

const lastResort = 'k3s-killall.sh'

/** One message holds several findings: where the steps of one ask for the last resort, none forbids it. */
function agreed(found: readonly Observation<Code>[]): readonly Observation<Code>[] {
  if (!found.some(({ fix = [] }) => fix.some((step) => step.includes(lastResort)))) return found
  return found.map((it) => ({
    ...it,
    avoid: (it.avoid ?? rules[it.code].avoid ?? []).filter((one) => !one.includes(lastResort)),
  }))
}

function judged(sample: CniSample, now: number, before?: CniSample): readonly Observation<Code>[] {
  const it = plan(sample)
  const running = sample.k3s?.running
  const ran = running ? now - running.since : 0
  const settled = ran >= grace
  if (it.kind === 'other' && it.pods)
    return [
      ...soon(settled, [...otherFiles(sample, it.name), ...kernel(sample)]),
      ...wear(sample, now),
      ...dns(sample, now),
    ]
  if (it.kind !== 'flannel') return []
  return [
    ...(sample.interfaces
      ? [
          ...bridge(sample, it.bridge, before),
          ...it.overlays.flatMap((name) => overlay(sample, it, name, settled)),
          ...routes(sample, it, settled),
          ...unreachable(sample, now),
          ...mtu(sample, it),
        ]
      : []),
    ...files(sample, ran),
    ...soon(settled, kernel(sample)),
    ...offload(sample, it.overlays[0]),
    ...leak(sample, now),
    ...wear(sample, now),
    ...dns(sample, now),
  ]
}

/** What k3s sets right when it starts is not held against a start that is not over. */
const soon = (settled: boolean, found: readonly Observation<Code>[]): readonly Observation<Code>[] =>
  settled ? found : found.map((it) => ({ ...it, starting: true }))

/** A CNI whose interfaces exist, but not its configuration: containerd has no pod network then. */
function otherFiles(sample: CniSample, name: string): readonly Observation<Code>[] {
  const { foreign, confs, otherConfs } = sample
  if (!foreign || !confs || !otherConfs || [...confs, ...otherConfs].some((it) => it.types.length > 0))
    return []
  return [
    {
      code: 'cni.conf-missing',
      subject: otherConfFolder,
      text: `The interfaces of ${name} exist, but ${otherConfFolder} holds no CNI configuration.`,
      fix: [
        `Find ${name}'s pod on this node${onServer(sample)}: \`kubectl get pods -A -o wide --field-selector spec.nodeName=NODE\``,
        `Recreate it; it writes the configuration when it starts${onServer(sample)}: \`kubectl -n NAMESPACE delete pod NAME\``,
      ],
    },
  ]
}

/**
 * k3s writes both files when it starts; a stopped k3s needs neither, so then none opens a finding. Soon after a start a missing file may still be
 * written: then only a subnet file that was missing already before this start opens a finding.
 */
function files(sample: CniSample, ran: number): readonly Observation<Code>[] {
  const { k3s, confs, subnet } = sample
  if (!k3s) return []
  const found: Observation<Code>[] = []
  const settled = ran >= grace
  const still = outlastsStart(sample, subnetFile)
  const since = k3s.running ? `k3s has run for ${duration(ran)}` : 'k3s is stopped'
  if (confs?.every((it) => it.types.length === 0)) {
    const folder = confFolder(k3s)
    const broken = confs.map((it) => it.file).join(', ')
    found.push({
      code: 'cni.conf-missing',
      subject: folder,
      ...(!settled && { starting: true as const }),
      text: `${folder} holds no ${broken && 'valid '}CNI configuration${broken && ` (${broken})`}; ${since}.`,
      fix: [restartOf(sample, 'writes it again')],
    })
  }
  if (subnet === null)
    found.push({
      code: 'cni.subnet-env-missing',
      subject: subnetFile,
      ...(!settled && !still && { starting: true as const }),
      text: `${subnetFile} does not exist; ${since}.`,
      fix: [
        `See why flannel did not start: \`journalctl -u ${k3s.unit} -n 200 | grep -i flannel\``,
        ...(still && settled ? killall(sample) : [restartOf(sample, 'writes it again')]),
      ],
      ...(still && settled && { avoid: besideKillall }),
    })
  return found
}
