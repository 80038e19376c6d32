import type { Page } from '../../agent/model/index.ts'
import { timestamp } from '../../agent/text/times.ts'
import { plan } from './expected.ts'
import { renderNetwork } from './page/render.ts'
import type { CniSample, Dns, Pool, Reach } from './sample.ts'

/** `agent network`: the pod network from the uplink to the pods, each finding beside what it is about. */
export const page: Page<CniSample, unknown> = {
  name: 'network',
  meaning: 'the pod network on one screen: interfaces, other nodes, addresses, findings in place',
  trend: 'pods',
  render: renderNetwork,
  json: ({ sample }) => ({
    plan: plan(sample),
    interfaces: (sample.interfaces?.links ?? []).map((it) => {
      const errors = sample.errors?.[it.name]?.at(-1)?.[1]
      return { ...it, ...(errors !== undefined && { errors }) }
    }),
    pods: Object.values(sample.pods ?? {}),
    /** Veths of pods that are on no bridge; below, veths that do not exist. */
    loose: sample.interfaces?.loose ?? [],
    gone: sample.gone ?? [],
    peers: (sample.peers ?? []).map((it) => {
      const reach = sample.reach?.[it.via]
      return { ...it, ...(reach && { reach: reached(reach) }) }
    }),
    ...(sample.pool && { pool: dated(sample.pool) }),
    ...(sample.dns && { dns: asked(sample.dns) }),
    off: Object.keys(sample.off ?? {}),
    lacking: each(sample.lacking, timestamp),
    downs: each(sample.downs, (times) => times.map(timestamp)),
  }),
}

const dated = ({ folder, size, used, leaked }: Pool) => ({
  ...{ folder, size, used },
  leaked: each(leaked, timestamp),
})

/** Without what the collector only remembers to judge by. */
const reached = ({ passes, by, at, well, since, host, name }: Reach) => ({
  at: timestamp(at),
  ...(passes && { passes }),
  ...(by && { by }),
  ...(well !== undefined && { well: timestamp(well) }),
  ...(since !== undefined && { since: timestamp(since) }),
  ...(host && { host }),
  ...(name !== undefined && { name }),
})

/** Without `due`, with which the collector remembers whether an answer can be expected. */
const asked = ({ due: _, ...it }: Dns) => it

const each = <A, B>(of: Readonly<Record<string, A>> | undefined, make: (it: A) => B) =>
  Object.fromEntries(Object.entries(of ?? {}).map(([key, it]) => [key, make(it)]))
