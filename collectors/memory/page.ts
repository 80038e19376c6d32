import type { Page } from '../../agent/model/index.ts'
import { second, timestamp } from '../../agent/text/times.ts'
import { reaches, runsOut } from './filling.ts'
import type { LastBoot } from './last-boot.ts'
import { renderMemory } from './page/render.ts'
import type { MemorySample } from './sample.ts'
import type { Forecast } from './slope.ts'

/** `agent memory`: the memory of the node and its containers, their limits, and the kills. */
export const page: Page<MemorySample, unknown> = {
  name: 'memory',
  meaning: 'memory of the node and of each container against its limit, and the OOM kills',
  trend: 'available',
  render: renderMemory,
  json: ({ sample }) => {
    const { total, available, pressure, unlimited, account, lastBoot, victims, recent } = sample
    return {
      ...{ total, available, pressure, unlimited, ...full(runsOut(sample)) },
      containers: Object.entries(sample.uses ?? {}).map(([id, use]) => ({
        ...{ id, pod: use.pod, used: use.used, limit: use.limit, ...full(reaches(use)) },
      })),
      ...(account && {
        kills: {
          ...{ counted: account.counted, explained: account.explained, before: account.before },
          ...{ lost: account.lost, disbelieved: account.disbelieved ?? 0 },
        },
      }),
      ...(lastBoot && { lastBoot: ended(lastBoot) }),
      victims: victims.map(({ first, last, until, ...it }) => ({
        ...it,
        ...{ first: timestamp(first), last: timestamp(last), until: timestamp(until) },
      })),
      recent: recent.map(({ at, ...it }) => ({ at: timestamp(at), ...it })),
    }
  },
}

/** When memory will be full if the trend goes on, and how certain that is. */
const full = (ahead: Forecast | undefined) =>
  ahead && { full: { at: timestamp(ahead.at * second), confidence: ahead.confidence } }

const ended = ({ booted, ended, last, orderly, kills, who, panic, closed }: LastBoot) => ({
  booted: timestamp(booted),
  ...(ended !== undefined && { ended: timestamp(ended), orderly: orderly === true }),
  ...(kills !== undefined && { kills }),
  ...(last !== undefined && { last: timestamp(last) }),
  ...{ who, panic, closed },
})
