import type { Observation } from '../../agent/model/index.ts'
import { hanging } from './bridge.ts'
import { linkOf, type Plan } from './expected.ts'
import { killall, outlastsStart } from './lacking.ts'
import type { Code } from './rules.ts'
import type { CniSample } from './sample.ts'
import { podsHit, restartOf } from './text.ts'

/** The rule's text without its remark on `k3s-killall.sh`, which is one of the steps here. */
const avoid = [
  'Run `iptables -F`: it cannot bring an interface back, and may cut SSH.',
  'Reboot for this: a boot is one more start of k3s.',
]

/**
 * What is wrong with one overlay device. `settled`: k3s has run for long enough to have created it. While k3s is
 * stopped, its pods still need the device if flannel has run since boot.
 */
export function overlay(
  sample: CniSample,
  { backend, bridge }: Extract<Plan, { kind: 'flannel' }>,
  name: string,
  settled: boolean,
): readonly Observation<Code>[] {
  const { pods, veths } = hanging(sample, bridge)
  const link = linkOf(sample, name)
  const still = !link && outlastsStart(sample, name)
  const needed = settled || still || (sample.subnet && pods.length + veths > 0)
  // A stopped k3s without pods, as after a killall, needs none.
  if (link?.up || (!sample.k3s?.running && pods.length + veths === 0)) return []
  const hit = `no way to other nodes for ${podsHit(pods, veths, sample.logged)} here`
  const unit = sample.k3s?.unit ?? 'k3s'
  return [
    {
      code: link ? 'cni.overlay-down' : 'cni.overlay-missing',
      subject: name,
      ...(!needed && { starting: true as const }),
      text: `The overlay ${name} (${backend}) is ${link ? 'set down' : 'gone'}: ${hit}.${still ? ` ${unit} was started since and has not made it.` : ''}`,
      fix:
        still && settled
          ? [
              `\`journalctl -u ${unit} -n 200 | grep -i flannel\`: why a start of ${unit} did not bring it back`,
              killall(sample),
            ]
          : [
              restartOf(
                sample,
                'brings it back with its routes to the other nodes; the pods keep running meanwhile',
              ),
              `\`ip addr show dev ${name}\`: it should be up after half a minute`,
            ],
      ...(still && settled && { avoid }),
      evidence: { link: name, backend, pods: pods.length, veths },
    },
  ]
}
