import type { Observation } from '../../agent/model/index.ts'
import { hanging } from './bridge.ts'
import { linkOf, type Plan } from './expected.ts'
import { besideKillall, killall, outlastsStart } from './lacking.ts'
import type { Code } from './rules.ts'
import type { CniSample } from './sample.ts'
import { podsHit, restartOf } from './text.ts'

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
  const hit = `${podsHit(pods, veths, sample.logged)} cannot reach other nodes`
  const unit = sample.k3s?.unit ?? 'k3s'
  return [
    {
      code: link ? 'cni.overlay-down' : 'cni.overlay-missing',
      subject: name,
      ...(!needed && { starting: true as const }),
      text: `The overlay ${name} (${backend}) is ${link ? 'down' : 'missing'}: ${hit}.${still ? ` ${unit} was started since and did not create it.` : ''}`,
      fix:
        still && settled
          ? [
              `See why the start of ${unit} did not create it: \`journalctl -u ${unit} -n 200 | grep -i flannel\``,
              ...killall(sample),
            ]
          : [
              restartOf(sample, `restores ${name} and its routes`),
              `It should be up after half a minute: \`ip addr show dev ${name}\``,
            ],
      ...(still && settled && { avoid: besideKillall }),
      evidence: { link: name, backend, pods: pods.length, veths },
    },
  ]
}
