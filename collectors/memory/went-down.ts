import type { Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { clock, iso, minute } from '../../agent/text/times.ts'
import type { LastBoot } from './last-boot.ts'
import type { MemoryCode } from './rules.ts'
import type { MemorySample } from './sample.ts'

/** The greatest time between the two events, ms: a node that panics is back within minutes. */
const near = 15 * minute
/** Reported as long as `k3s.rebooted`, whose cause it is. */
const held = 5 * minute

/**
 * Whether memory ended that boot: the kernel said so in a panic, or the boot stopped without a shutdown soon after the
 * node itself was out of memory.
 */
export function endedByMemory({ panic, orderly, ended, starved }: LastBoot): boolean {
  if (panic !== undefined) return true
  return !orderly && ended !== undefined && starved !== undefined && ended - starved <= near
}

/** "12 OOM kills, the last at 03:12 UTC (postgres)"; undefined where there were none. */
export function killsOf({ kills, last, who }: LastBoot, beside: number): string | undefined {
  if (kills === undefined || last === undefined) return undefined
  const when = `${kills === 1 ? '' : 'the last '}at ${clock(last, beside)} UTC${who ? ` (${who})` : ''}`
  return `${many(kills, 'OOM kill')}, ${when}`
}

/** The finding that memory ended the previous boot. Only soon after the boot: later it explains nothing new. */
export function wentDown({ lastBoot }: MemorySample, now: number): Observation<MemoryCode>[] {
  if (lastBoot?.ended === undefined || !endedByMemory(lastBoot)) return []
  const { booted, ended, panic, starved } = lastBoot
  if (booted - ended > near || now - booted > near + held) return []
  const why = panic ? `The kernel panicked: ${panic}.` : 'There was no shutdown.'
  const kills = killsOf(lastBoot, booted)
  return [
    {
      code: 'memory.oom-before-boot',
      subject: 'node',
      ...(panic !== undefined && { severity: 'critical' as const }),
      text: `The previous boot ended at ${clock(ended, booted)} UTC${kills ? `, after ${kills}` : ''}. ${why} This boot began at ${clock(booted, booted)} UTC.`,
      at: starved ?? ended,
      evidence: {
        ended: iso(ended),
        ...(lastBoot.kills !== undefined && { kills: lastBoot.kills }),
        ...(panic !== undefined && { panic }),
      },
    },
  ]
}
