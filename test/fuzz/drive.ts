import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { busy, growing, isGrowing, staysLinear } from './growth.ts'
import { Broken, type Kind, must, type Part, type Parts, part } from './kind.ts'
import { luckOf } from './luck.ts'

/** An input of which something does not hold. */
export interface Failure {
  /** What does not hold, in a few words: the same for the same fault. */
  readonly property: string
  readonly detail: string
}

/** No input is so large that reading it, and all that is made of it, may take longer, ms of the processor. */
const patience = 3_000

/** The input of that number: the same for the same seed. */
export function inputOf(kind: Kind, seed: number, index: number): Parts {
  const luck = luckOf(kind.name, seed, index)
  const every = kind.growth?.every ?? 10
  return kind.growth && index % every === every - 1 ? growing(kind.growth, luck) : kind.make(luck)
}

/** What does not hold of an input; undefined where all does. */
export async function faultOf(kind: Kind, parts: Parts): Promise<Failure | undefined> {
  try {
    if (kind.growth && isGrowing(parts)) await staysLinear(kind.growth, parts)
    else {
      const took = await timed(kind, parts)
      // Once more, since the engine may have been busy with itself.
      if (took > patience)
        must((await timed(kind, parts)) < patience, 'ends soon', () => `it took ${took.toFixed()} ms`)
    }
    return undefined
  } catch (error) {
    const { stack = '', message, name } = error instanceof Error ? error : new Error(String(error))
    if (error instanceof Broken) return { property: error.property, detail: message }
    const [, where = 'the test'] = /((?:agent|collectors)\/[\w./-]+?):\d/.exec(stack) ?? []
    return { property: `throws ${name} in ${where}`, detail: stack.slice(0, 1000) }
  }
}

async function timed(kind: Kind, parts: Parts): Promise<number> {
  const begun = busy()
  await kind.hold(parts)
  return busy() - begun
}

/** How long is tried to make a failing input smaller, ms, and how often. */
const shrinking = { time: 20_000, tries: 600 }

/** A smaller input with the same fault: parts left out, then of each part halves, quarters and so on (delta debugging). */
export async function shrunk(kind: Kind, parts: Parts, { property }: Failure): Promise<Parts> {
  const end = performance.now() + shrinking.time
  let tries = 0
  const fails = async (smaller: Parts) =>
    tries++ < shrinking.tries &&
    performance.now() < end &&
    (await faultOf(kind, smaller))?.property === property
  let best = await without(parts, (fewer) => fails(fewer))
  for (let at = 0; at < best.length; at += 1) {
    const one = best[at] as Part
    const around = best
    const units = Array.from(one.bytes)
    const kept = await without(units, (fewer) => fails(around.with(at, part(one.name, Buffer.from(fewer)))))
    best = around.with(at, part(one.name, Buffer.from(kept)))
  }
  return best
}

/** The items without as many of them as can be missing. */
async function without<T>(
  items: readonly T[],
  still: (fewer: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < kept.length; ) {
      const fewer = kept.toSpliced(at, size)
      if (await still(fewer)) kept = fewer
      else at += size
    }
  return kept
}

export const foundFolder = join(import.meta.dirname, 'found')

interface Found {
  readonly kind: string
  /** What did not hold of it. */
  readonly property: string
  /** What is not UTF-8 is in base64. */
  readonly parts: readonly { readonly name: string; readonly text?: string; readonly base64?: string }[]
}

/** Writes an input to where the tests try it again from then on; its path. */
export function keep(kind: Kind, parts: Parts, { property }: Failure): string {
  const found: Found = {
    kind: kind.name,
    property,
    parts: parts.map(({ name, bytes }) => {
      const text = bytes.toString()
      return Buffer.from(text).equals(bytes) ? { name, text } : { name, base64: bytes.toString('base64') }
    }),
  }
  const json = `${JSON.stringify(found, null, 2)}\n`
  const file = join(
    foundFolder,
    `${kind.name}-${createHash('sha256').update(json).digest('hex').slice(0, 8)}.json`,
  )
  mkdirSync(foundFolder, { recursive: true })
  writeFileSync(file, json)
  return file
}

/** Every input that once failed. */
export function found(): readonly {
  readonly name: string
  readonly kind: string
  readonly property: string
  readonly parts: Parts
}[] {
  return readdirSync(foundFolder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const { kind, property, parts } = JSON.parse(readFileSync(join(foundFolder, name), 'utf8')) as Found
      const read = parts.map((it) => part(it.name, it.text ?? Buffer.from(it.base64 ?? '', 'base64')))
      return { name, kind, property, parts: read }
    })
}
