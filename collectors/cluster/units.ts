import type { Place } from './sample.ts'

/** The unit of k3s or RKE2 on a node, as their installers name it. */
export function unitOn(node: { readonly server?: true } | undefined, { distribution }: Place): string {
  if (distribution === 'rke2') return node?.server ? 'rke2-server' : 'rke2-agent'
  return node?.server ? 'k3s' : 'k3s-agent'
}
