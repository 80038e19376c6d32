import { play, type Sequence } from '../sequences/sequence.ts'
import { table, tally, worst } from '../sequences/tally.ts'

/** A thousand sequences of faults that nobody wrote, by seed: docs/sequences.md. Prints its table. */
export function sequences(count = 1000): void {
  const begun = performance.now()
  const all: Sequence[] = []
  for (let seed = 1; seed <= count; seed += 1) {
    const { flaws, messages, ...it } = play(seed)
    // Of a message only its kind counts; a thousand sequences whole would need a gigabyte.
    all.push({ ...it, flaws, messages: messages.map((one) => ({ ...one, incidents: [], alarms: [] })) })
    if (seed % 100 === 0) process.stderr.write(`${seed} sequences\n`)
  }
  const seconds = Math.round((performance.now() - begun) / 1000)
  process.stdout.write(`${count} sequences, ${seconds} s\n\n${table(tally(all))}\n\n${worst(all, 25)}\n`)
}
