import { heard } from '../furnished.ts'
import { type Growth, type Kind, kind, type Parts, part } from '../kind.ts'
import { lookedAtAll } from '../looks.ts'
import type { Luck } from '../luck.ts'
import { mutated } from '../mutate.ts'
import { nodes } from '../recordings.ts'
import { hostOf, partOf, worldOf } from '../world.ts'

interface Through {
  readonly name: string
  readonly cases: number
  /** Which parts of a node are other than they were. */
  readonly parts: RegExp
  /** Through which collectors it goes. */
  readonly collectors: readonly string[]
  readonly growth?: Growth
  /** What is made besides, and what has to hold of it. */
  readonly more?: (luck: Luck) => Parts
  readonly also?: (parts: Parts) => unknown
}

/** One kind of file or answer of a node, through the collectors that read it. */
export const through = ({ name, cases, parts, collectors, growth, more, also }: Through): Kind =>
  kind({
    name,
    cases,
    make(luck) {
      const node = luck.pick(nodes)
      const world = worldOf(node)
      const names = [...world.parts.keys()].filter((it) => parts.test(it))
      const chosen = new Set(Array.from({ length: luck.pick([1, 1, 2]) }, () => luck.pick(names)))
      const changed = [...chosen].map((it) =>
        part(
          it,
          mutated(
            luck,
            partOf(world, it).bytes,
            names.map((other) => partOf(world, other).bytes),
          ),
        ),
      )
      return [part('node', node), ...changed, ...(more?.(luck) ?? [])]
    },
    async hold(parts) {
      await also?.(parts)
      return lookedAtAll(hostOf(parts), heard, collectors)
    },
    ...(growth && { growth }),
  })
