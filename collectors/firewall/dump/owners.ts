/** The owner of a rule, as far as chain names, comments and k3s's own pod network tell. */
export type Owner =
  | 'kube-proxy'
  | 'kube-router'
  | 'flannel'
  | 'cni'
  | 'ufw'
  | 'firewalld'
  | 'docker'
  | 'fail2ban'
  | 'other'

/** Whose rules go when they have done their work: CNI plugins with the last host port, firewalld when it ends. */
export const takesItsOwn = (owner: Owner): boolean => owner === 'cni' || owner === 'firewalld'

/**
 * First match counts. Sources: kubernetes pkg/proxy/iptables and pkg/kubelet (its KUBE-FIREWALL and canary
 * chains are counted as kube-proxy's: in k3s both are one process), kube-router pkg/controllers/netpol,
 * flannel pkg/trafficmngr/iptables, containernetworking/plugins portmap and utils (`CNI-`), Calico (`cali`),
 * Cilium (`CILIUM_`).
 */
const prefixes: readonly (readonly [prefix: string, owner: Owner])[] = [
  ['KUBE-ROUTER-', 'kube-router'],
  ['KUBE-NWPLCY-', 'kube-router'],
  ['KUBE-POD-FW-', 'kube-router'],
  ['KUBE-', 'kube-proxy'],
  ['FLANNEL-', 'flannel'],
  ['CNI-', 'cni'],
  ['cali', 'cni'],
  ['CILIUM_', 'cni'],
  ['ufw-', 'ufw'],
  ['ufw6-', 'ufw'],
  ['DOCKER', 'docker'],
  ['f2b-', 'fail2ban'],
]

/**
 * The owner of a native nftables table: kube-proxy's nftables mode, the nftables backends of portmap and bridge,
 * firewalld (firewall/core/nftables.py, `TABLE_NAME`), fail2ban.
 */
export function tableOwner(table: string): Owner {
  if (table === 'kube-proxy') return 'kube-proxy'
  if (table.startsWith('cni_')) return 'cni'
  if (table.startsWith('f2b-')) return 'fail2ban'
  if (table === 'firewalld') return 'firewalld'
  return table.startsWith('docker') ? 'docker' : 'other'
}

/** The owner of a chain, by its name; undefined for unknown names and for built-in chains. */
export function chainOwner(chain: string): Owner | undefined {
  for (const [prefix, owner] of prefixes) if (chain.startsWith(prefix)) return owner
  return undefined
}

/**
 * The owner of a rule in a built-in chain. k3s 1.21's flannel puts its rules straight there, without comment, so a rule
 * with a pod network as source or destination and the shape of flannel's rules is flannel's.
 */
export function baseRuleOwner(rule: string, podNetworks: readonly string[]): Owner {
  const at = Math.max(rule.lastIndexOf(' -j '), rule.lastIndexOf(' -g '))
  const end = rule.indexOf(' ', at + 4)
  const target = at < 0 ? '' : rule.slice(at + 4, end < 0 ? undefined : end)
  const owner = chainOwner(target)
  if (owner) return owner
  if (rule.includes('"flanneld ')) return 'flannel'
  if (rule.includes('docker')) return 'docker'
  if (/^(ACCEPT|RETURN|MASQUERADE)$/.test(target) && !rule.includes('--comment'))
    for (const network of podNetworks)
      if (rule.includes(` -s ${network} `) || rule.includes(` -d ${network} `)) return 'flannel'
  return 'other'
}
