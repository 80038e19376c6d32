import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../waiting.ts'
import type { Node } from './node.ts'
import { type News, newsOf, steps } from './told.ts'
import type { World } from './world.ts'

const sinks = ['discord', 'ntfy', 'webhook'] as const

/** What happened in one act, for whoever reads it later. */
export interface Played {
  readonly title: string
  readonly story: string
  readonly did: readonly string[]
  /** When it was wrong. */
  readonly fault: number
  /** All that was said in this act, in order. */
  readonly news: readonly News[]
  /** `agent status` in full, where it is shown. */
  readonly page?: string
}

export interface Act {
  readonly title: string
  /** What goes on, for the reader. */
  readonly story: string
  /** The commands that people gave, for the reader. */
  readonly did?: readonly string[]
  /** Makes it so; gives the time at which it is wrong, if that is not when it began. */
  readonly play: () => Promise<unknown>
  /** Waited for at each sink; without it until `until` only. */
  readonly told?: { readonly kind: News['kind']; readonly code?: string }
  readonly until?: () => Promise<unknown>
  /** How many new messages there may be at each sink; 1 unless told otherwise. */
  readonly most?: number
  readonly page?: true
}

/** Plays acts one after the other, and remembers them. */
export function stage(node: Node, world: World, t: { ok(it: boolean, text: string, more: object): unknown }) {
  const played: Played[] = []
  let before = 0
  return {
    played,
    /** The commands of the last message that Discord shows in full. */
    lastSteps: () =>
      played
        .flatMap((it) => it.news)
        .filter((it) => it.sink === 'discord' && it.kind !== 'over')
        .map((it) => steps(it.arrival))
        .findLast((it) => it.length > 0) ?? [],
    async act({ title, story, did = [], play, told, until: settled, most = 1, page }: Act): Promise<Played> {
      const began = Date.now()
      const gave = await play()
      const fault = typeof gave === 'number' ? gave : began
      const news = () => newsOf(world.arrivals().slice(before))
      if (told)
        for (const sink of sinks)
          await until(
            `${title}: ${told.kind} at ${sink}`,
            () => news().find((it) => it.sink === sink && fits(it, told)),
            async () =>
              `${await node.page()}\n${JSON.stringify(
                news().map((it) => it.arrival.body),
                null,
                1,
              )}`,
          )
      await settled?.()
      await pause(2_000)
      const said = news()
      before = world.arrivals().length
      const it: Played = {
        title,
        story,
        did,
        fault,
        news: said,
        ...(page && { page: withoutOthers(await node.page()) }),
      }
      played.push(it)
      for (const sink of sinks) {
        const fresh = said.filter((one) => one.sink === sink && one.kind === 'new')
        const bodies = fresh.map((one) => one.arrival.body)
        t.ok(fresh.length <= most, `${title}: ${sink} ${fresh.length} new`, { bodies })
      }
      return it
    },
  }
}

const fits = (it: News, { kind, code }: NonNullable<Act['told']>) =>
  it.kind === kind && (code === undefined || it.codes.length === 0 || it.codes.includes(code))

/** Without kills of others on this machine, whose kernel log it is. */
const withoutOthers = (page: string) =>
  page
    .split('\n\n')
    .filter((it) => !/^(CRITICAL|WARNING) /.test(it) || !/OOM ?kill/i.test(it) || it.includes('shop/'))
    .join('\n\n')
