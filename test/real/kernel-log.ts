import { writeFileSync } from 'node:fs'

/** It is the whole machine's: only where nobody else needs what stands in it. */
export const mayOverrun = process.env.CI === 'true' || process.env.MURPHY_TEST_OVERRUN !== undefined

/** Writes more to the kernel log than it holds (1 MiB, the most that distributions build in), so that what stood there is gone. */
export function overrunKernelLog(): void {
  const text = `${'x'.repeat(900)}\n`
  for (let count = 0; count < 1200; count += 1) writeFileSync('/dev/kmsg', text)
}
