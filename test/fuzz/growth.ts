import type { Growth, Parts } from './kind.ts'
import { bytesOf, must, part } from './kind.ts'
import type { Luck } from './luck.ts'
import { oddTexts } from './odd.ts'

/** How long this thread has had a processor, ms: what others do meanwhile does not count. */
export const busy = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Below this nobody is kept waiting, whatever the order of growth, ms. */
const floor = 60
const first = 4 * 1024

/** An input that grows: its beginning, what is repeated, and its end. */
export function growing({ around, pieces }: Growth, luck: Luck): Parts {
  const piece = () => (luck.odds(0.6) ? luck.pick(pieces) : luck.pick(oddTexts)) || ' '
  const repeated = luck.odds(0.6) ? piece() : piece() + piece()
  return [part('lead', luck.pick(around)), part('piece', repeated), part('tail', luck.pick(around))]
}

export const isGrowing = (parts: Parts) => parts.some((it) => it.name === 'piece')

/**
 * Doubles an input until reading it takes longer than `floor`, and looks at the last two doublings, for three sizes: where each
 * took more than three times as long (a square takes four times, what sorts a little over two), and again
 * when measured anew, reading is not linear. Ratios of the least of some times of the processor, so
 * that neither a slow machine nor a busy one counts.
 */
export async function staysLinear({ read, most = 1024 * 1024 }: Growth, parts: Parts): Promise<void> {
  const [lead, piece, tail] = ['lead', 'piece', 'tail'].map((it) => bytesOf(parts, it)) as [
    Buffer,
    Buffer,
    Buffer,
  ]
  if (piece.length === 0) return
  const ofSize = (size: number) => {
    const times = Math.max(1, Math.floor((size - lead.length - tail.length) / piece.length))
    return Buffer.concat([lead, Buffer.alloc(times * piece.length, piece), tail])
  }
  const time = async (size: number, tries: number) => {
    const bytes = ofSize(size)
    let least = Number.POSITIVE_INFINITY
    for (let count = 0; count < tries; count += 1) {
      const begun = busy()
      await read(bytes)
      least = Math.min(least, busy() - begun)
    }
    return least
  }
  // One measurement can be spoilt by others at the machine, so that the next size gets its chance too.
  for (let size = first, looks = 0; size <= most && looks < 3; size *= 2) {
    if ((await time(size, 1)) < floor) continue
    looks += 1
    for (let tries = 2; tries <= 4; tries += 1) {
      const [quarter, half, whole] = [
        await time(size / 4, tries + 2),
        await time(size / 2, tries),
        await time(size, tries),
      ]
      if (whole < floor || whole < 3 * half || half < 2.6 * quarter) break
      must(
        tries < 4,
        'grows linearly',
        () =>
          `${size / 4}, ${size / 2}, ${size} bytes took ${[quarter, half, whole].map((it) => it.toFixed(1)).join(', ')} ms`,
      )
    }
  }
}
