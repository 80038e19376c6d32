/** A service, as kube-proxy writes it: so many endpoints, each with an address that changes with its generation. */
const endpoints = 3

interface Service {
  readonly at: number
  readonly generation: number
}

/** In each turn one service gets new endpoints, and some services come and go. */
const servicesAt = (most: number, turn: number): readonly Service[] =>
  Array.from({ length: most - (turn % 5) }, (_, at) => ({
    at,
    generation: turn < at ? 0 : Math.floor((turn - at) / most) + 1,
  }))

const id = (text: string) => Buffer.from(text).toString('hex').toUpperCase().padEnd(16, 'X').slice(-16)
const svc = ({ at }: Service) => `KUBE-SVC-${id(`s${at}`)}`
const sep = ({ at, generation }: Service, one: number) => `KUBE-SEP-${id(`${at}.${one}.${generation}`)}`
const chainsOf = (it: Service) => [svc(it), ...Array.from({ length: endpoints }, (_, one) => sep(it, one))]

function rulesOf(it: Service): string[] {
  const { at, generation } = it
  const ip = `10.43.${at >> 8}.${at & 255}`
  const note = `-m comment --comment "default/web${at}:http cluster IP"`
  return [
    `-A KUBE-SERVICES -d ${ip}/32 -p tcp ${note} -m tcp --dport 80 -j ${svc(it)}`,
    `-A ${svc(it)} ! -s 10.42.0.0/16 -d ${ip}/32 -p tcp ${note} -m tcp --dport 80 -j KUBE-MARK-MASQ`,
    ...Array.from({ length: endpoints }, (_, one) => {
      const pod = `10.42.${generation & 255}.${(at * endpoints + one) & 255}`
      const share = endpoints - one
      const chance = share > 1 ? `-m statistic --mode random --probability ${(1 / share).toFixed(11)} ` : ''
      return [
        `-A ${svc(it)} -m comment --comment "default/web${at}:http" ${chance}-j ${sep(it, one)}`,
        `-A ${sep(it, one)} -s ${pod}/32 -m comment --comment "default/web${at}:http" -j KUBE-MARK-MASQ`,
        `-A ${sep(it, one)} -p tcp -m comment --comment "default/web${at}:http" -m tcp -j DNAT --to-destination ${pod}:8080`,
      ]
    }).flat(),
  ]
}

const nodePorts =
  '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS'

/**
 * What kube-proxy gives to `iptables-restore --noflush` when endpoints change: all of its services anew, eleven
 * rules each (kubernetes pkg/proxy/iptables/proxier.go, syncProxyRules); with `partial`, as since Kubernetes 1.28,
 * the chains of those alone that have changed. A rule set of the recorded node's must be there before.
 */
export function kubeProxySync(most: number, turn: number, partial = false): string {
  const services = servicesAt(most, turn)
  const chains = new Set(services.flatMap(chainsOf))
  const former = new Set(turn === 0 ? [] : servicesAt(most, turn - 1).flatMap(chainsOf))
  const written = services.filter((it) => !partial || !chainsOf(it).every((chain) => former.has(chain)))
  const gone = [...former].filter((it) => !chains.has(it))
  return [
    '*nat',
    ':KUBE-SERVICES - [0:0]',
    ...[...written.flatMap(chainsOf), ...gone].map((it) => `:${it} - [0:0]`),
    ...services.flatMap((it) => (written.includes(it) ? rulesOf(it) : rulesOf(it).slice(0, 1))),
    nodePorts,
    ...gone.map((it) => `-X ${it}`),
    'COMMIT',
    '',
  ].join('\n')
}
