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

/** Steps that recreate pods: commands for the first of them. `then` is added after the commands. */
export function remake(sample: CniSample, pods: readonly PodLink[], then: string): string[] {
  const { k3s } = sample
  const start = k3s && !k3s.running ? [`\`systemctl start ${k3s.unit}\`: without it no pod is made`] : []
  const careful = 'A pod without a controller does not come again by itself'
  if (pods.length === 0)
    return [
      ...start,
      '`kubectl get pods -A -o wide`, on a server: the pods of this node',
      `Delete those with an address of the pod network, so that they are made anew: \`kubectl delete pod -n NAMESPACE NAME\`${then}. ${careful}`,
    ]
  const groups = [...Map.groupBy(pods, (it) => it.namespace)]
    .slice(0, named)
    .map(([namespace, them]) => ({ namespace, names: them.slice(0, named).map((it) => it.name) }))
  const commands = groups.map(
    ({ namespace, names }) => `\`kubectl delete pod -n ${namespace} ${names.join(' ')}\``,
  )
  const left = pods.length - groups.reduce((sum, it) => sum + it.names.length, 0)
  const rest = left > 0 ? `, and the same for ${left} more` : ''
  return [...start, `Make the pods anew, on a server: ${commands.join(', ')}${rest}${then}. ${careful}`]
}

/** A restart also starts a stopped unit. */
export const restartOf = (sample: CniSample, why: string): string =>
  `\`systemctl restart ${sample.k3s?.unit ?? 'k3s'}\`: ${why}`
