import type { ArtifactEntry, PageReach } from '../../../../agent/model/index.ts'
import { collect } from '../../../../collectors/firewall/collect.ts'
import { rulesWhole } from '../../../../collectors/firewall/dump/whole.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'
import { viewOn } from '../../../agent/views.ts'
import { node } from '../look.ts'

/** What a page's further commands reach on a recorded node, with rule sets of recorded nodes kept as 1, 2, …. */
export async function reaching(state: string, kept: readonly string[]) {
  const sampleOf = (name: string) => collect(node(name), { heard: [] })
  const sample = await sampleOf(state)
  const bodies = await Promise.all(kept.map(async (it) => rulesWhole(node(it), (await sampleOf(it)).sets)))
  const artifacts = kept
    .map(
      (it, at): ArtifactEntry => ({
        id: at + 1,
        at: 0,
        size: 1,
        about: { rules: 1, good: it === 'healthy' },
      }),
    )
    .toReversed()
  const reach: PageReach<FirewallSample, unknown> = {
    view: async () => viewOn(sample, {}),
    artifacts: async () => artifacts,
    body: async (id) => bodies[id - 1],
    asking: (ask) => ask(node(state)),
  }
  return { reach, sample, artifacts }
}
