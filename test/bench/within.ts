import { writeFileSync } from 'node:fs'

/**
 * Loaded into the agent by `--import`: at SIGUSR2 it writes into the file that MURPHY_BENCH_WITHIN names what keeps its
 * event loop busy.
 */
process.on('SIGUSR2', () => {
  const active = process.getActiveResourcesInfo()
  const timers = active.filter((it) => it === 'Timeout').length
  writeFileSync(
    String(process.env.MURPHY_BENCH_WITHIN),
    JSON.stringify({ timers, handles: active.length - timers }),
  )
})
