import type { Pod } from '../../agent/model/index.ts'
import type { Container } from './folders.ts'

/** Containers whose failure costs most: parts of the cluster itself, and those that hold data. */
const database =
  /(?:^|-)(?:postgres(?:ql)?|pg|patroni|spilo|mysql|mariadb|galera|redis|valkey|mongo(?:db)?|etcd|cockroach(?:db)?|cassandra|clickhouse|elasticsearch|opensearch|influx(?:db)?|kafka|rabbitmq|minio|db|database)(?:-|\d|$)/

/** Whether a container takes precedence where not all can be read. */
export const comesFirst = ({ namespace, name, container = '' }: Pod) =>
  namespace === 'kube-system' || database.test(container) || database.test(name)

/** The last container, of each kind, whose turn it was in the previous run. */
export type Turns = Readonly<Record<string, string>>

export interface Choice {
  readonly followed: readonly Container[]
  /** Those whose turn is in a later run. */
  readonly waiting: readonly Container[]
  readonly turns: Turns
}

export const keyOf = ({ folder, container }: Pick<Container, 'folder' | 'container'>) =>
  `${folder}/${container}`

/**
 * Which containers are read in this run where there are more than `most`: at most half have precedence (`comesFirst`),
 * a quarter are active (`moving`: they grew or were restarted when last read), and all others take turns. Anybody who
 * creates a pod chooses its name, so within each kind containers take turns as well. Pure.
 */
export function choose(
  containers: readonly Container[],
  most: number,
  moving: ReadonlySet<string>,
  before: Turns = {},
): Choice {
  if (containers.length <= most) return { followed: containers, waiting: [], turns: {} }
  const sorted = containers.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const taken = new Set<Container>()
  const turns: Record<string, string> = {}
  const take = (kind: string, its: readonly Container[], count: number) => {
    const free = its.filter((it) => !taken.has(it))
    const begin = free.findIndex((it) => keyOf(it) > (before[kind] ?? ''))
    const chosen = [...free.slice(Math.max(0, begin)), ...free.slice(0, Math.max(0, begin))].slice(0, count)
    for (const it of chosen) taken.add(it)
    const last = chosen.at(-1) ?? undefined
    if (last) turns[kind] = keyOf(last)
  }
  take(
    'first',
    sorted.filter((it) => comesFirst(it.pod)),
    most >> 1,
  )
  take(
    'moving',
    sorted.filter((it) => moving.has(keyOf(it))),
    most >> 2,
  )
  take('rest', sorted, most - taken.size)
  return {
    followed: containers.filter((it) => taken.has(it)),
    waiting: containers.filter((it) => !taken.has(it)),
    turns,
  }
}
