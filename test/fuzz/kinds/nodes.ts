import { heard } from '../furnished.ts'
import { kind, type Part, part, textOf } from '../kind.ts'
import { lookedAtAll } from '../looks.ts'
import type { Luck } from '../luck.ts'
import { mutated } from '../mutate.ts'
import { nodes as recordings } from '../recordings.ts'
import { hostOf, partOf, worldOf } from '../world.ts'

/** Whole nodes, some of whose files and answers to commands are other than they were, through every collector. */
export const nodes = kind({
  name: 'nodes',
  cases: 75,
  make(luck) {
    const node = luck.pick(recordings)
    const world = worldOf(node)
    const names = [...world.parts.keys()]
    const count = luck.pick([1, 1, 2, 3, 6])
    const changed = Array.from({ length: count }, (): Part => {
      const { name, bytes } = partOf(world, luck.pick(names))
      return part(name, mutated(luck, bytes, [partOf(world, luck.pick(names)).bytes]))
    })
    return [part('node', node), ...changed, ...heardParts(luck)]
  },
  hold: (parts) => lookedAtAll(hostOf(parts), textOf(parts, 'heard').split('\n')),
})

/** What watches said meanwhile. */
function heardParts(luck: Luck): readonly Part[] {
  const text = Buffer.from(heard.join('\n'))
  return [part('heard', luck.odds(0.3) ? mutated(luck, text) : text)]
}
