import { hash } from 'node:crypto'

/**
 * Names in Kubernetes' own forms. A condition's type and reason are one CamelCase word each (k8s: core/v1
 * NodeCondition). Other programs act on known types (draino, node-problem-detector), so all of Murphy's begin with its
 * name. Pure.
 */

/** `MurphyHealthy`: True while nothing is wrong. All others are the other way round. */
export const healthyType = 'MurphyHealthy'

/** `MurphyFirewallProblem`: True while something is wrong there. */
export const problemType = (domain: string): string => `Murphy${camel(domain)}Problem`

/** Whether a condition is Murphy's own, of this version or another: only such are ever removed. */
export const isOurs = (type: string): boolean =>
  /^Murphy(?:Healthy|[A-Z][A-Za-z0-9]{0,60}Problem)$/.test(type)

/** `FirewallKubeChainsMissing` of `firewall.kube-chains-missing`; at most 100 characters. */
export const camel = (code: string): string =>
  code
    .split(/[^A-Za-z0-9]+/)
    .map((it) => it.slice(0, 1).toUpperCase() + it.slice(1))
    .join('')
    .slice(0, 100)

/**
 * The name of an event: always the same for the same beginning, so that what is posted twice, as after a restart, is
 * answered 409 and not shown twice. A DNS subdomain of at most 253 characters, like the node's name before it.
 */
export function eventName(node: string, about: string): string {
  const before = node.slice(0, 200).replace(/[^a-z0-9]+$/, '')
  return `${before}.murphy-${hash('sha256', `${node}\n${about}`, 'hex').slice(0, 16)}`
}
