import { many } from '../../agent/text/lists.ts'
import type { CniSample, PodLink } from './sample.ts'

/** How many pods (and namespaces) a text names. */
const named = 3

/**
 * "5 pods (default/web-1, default/web-2, default/web-3 and 2 more)". Where no name is known, only the number and the
 * pods that have logs here, which may include pods in the host's own network.
 */
export function podsHit(pods: readonly PodLink[], veths: number, logged: readonly string[] = []): string {
  const count = Math.max(pods.length, veths)
  if (count === 0) return 'all pods'
  if (pods.length === 0 && logged.length > 0)
    return `${many(count, 'pod')} (of those with logs here: ${logged.slice(0, named).join(', ')}${logged.length > named ? ' …' : ''})`
  if (pods.length === 0) return many(count, 'pod')
  const names = pods.slice(0, named).map((it) => `${it.namespace}/${it.name}`)
  const more = count - names.length
  return `${many(count, 'pod')} (${names.join(', ')}${more > 0 ? ` and ${more} more` : ''})`
}

/** How long the names in one command may be, characters: a step has to fit into a message as a whole. */
const mostNames = 130

/** Steps that recreate pods, one command for each of the first namespaces. `first`: what the first new pod does. */
export function remake(sample: CniSample, pods: readonly PodLink[], first = ''): string[] {
  const { k3s } = sample
  const start = k3s && !k3s.running ? [`Start k3s, which creates pods: \`systemctl start ${k3s.unit}\``] : []
  const effect = first && `; ${first}`
  if (pods.length === 0)
    return [
      ...start,
      `List the pods of this node${onServer(sample)}: \`kubectl get pods -A -o wide\``,
      `Recreate those with a pod network address, by NAMESPACE and NAME${onServer(sample)}${effect}: \`kubectl -n NAMESPACE delete pod NAME\``,
    ]
  const groups = [...Map.groupBy(pods, (it) => it.namespace)]
    .slice(0, named)
    .map(([namespace, them]) => ({ namespace, names: fitting(them.slice(0, named).map((it) => it.name)) }))
  const left = pods.length - groups.reduce((sum, it) => sum + it.names.length, 0)
  return [
    ...start,
    ...groups.map(
      ({ namespace, names }, at) =>
        `Recreate the pods${onServer(sample)}${at === 0 ? effect : ''}: \`kubectl -n ${namespace} delete pod ${names.join(' ')}\``,
    ),
    ...(left > 0 ? [`Then do the same for ${many(left, 'more pod')}, listed by: \`agent network\``] : []),
  ]
}

/** The first names, at least one, that fit into one command. */
const fitting = (names: readonly string[]): readonly string[] =>
  names.filter((_, at) => at === 0 || names.slice(0, at + 1).join(' ').length <= mostNames)

/** An agent has no kubeconfig. */
export const onServer = ({ k3s }: CniSample): string => (k3s?.role === 'server' ? '' : ' (on a server)')

/** A restart also starts a stopped unit. `effect`: what it brings back. */
export const restartOf = (sample: CniSample, effect: string): string =>
  `Restart k3s, which ${effect}; pods keep running: \`systemctl restart ${sample.k3s?.unit ?? 'k3s'}\``
