import { type Host, type Past, type Unseen, unseen } from '../../agent/model/index.ts'
import { findK3s, type K3s } from '../node/k3s.ts'
import { orNull, print, type See } from './ask.ts'
import {
  confFolder,
  netConfFile,
  otherConfFolder,
  parseNetConf,
  parseSubnet,
  readConfs,
  subnetFile,
} from './conf.ts'
import { askDns, askWhetherBack } from './dns.ts'
import { judgedLinks } from './expected.ts'
import { lackingSince } from './lacking.ts'
import { keptLinks, parseLinks, parseRoutes } from './links.ts'
import { readPods } from './pods.ts'
import { readMore, readWear } from './read-expected.ts'
import type { Code } from './rules.ts'
import type { CniSample, Links } from './sample.ts'

const bridgeCodes: readonly Code[] = [
  'cni.bridge-missing',
  'cni.bridge-down',
  'cni.bridge-address',
  'cni.veth-orphaned',
]
const overlayCodes: readonly Code[] = ['cni.overlay-missing', 'cni.overlay-down']
const linkCodes: readonly Code[] = [...bridgeCodes, ...overlayCodes, 'cni.mtu-mismatch', 'cni.routes-missing']

const addresses = ['ip', '-j', '-d', 'addr', 'show']
const routes4 = ['ip', '-j', '-d', 'route', 'show']

/**
 * Reads, and judges nothing. Costs two processes (four where there are other nodes), a dozen small files and one DNS
 * question; each pod's file is read only once.
 */
export async function collect(host: Host, past: Past<CniSample>): Promise<CniSample> {
  const before = past.sample
  const found = await findK3s(host, before?.k3s)
  if (!found) return {}
  const { flags: given, ...k3s } = found
  const flags = chosen(given)
  const blind: Unseen[] = []
  const see: See = async (what, codes, ask) => {
    try {
      return await ask()
    } catch (error) {
      blind.push(unseen(what, error, codes))
      return undefined
    }
  }
  // After a wake event nothing waits for a dead DNS server: it is only asked whether it is back.
  const hurried = past.heard.length > 0 && before?.dns !== undefined
  const asked = hurried
    ? askWhetherBack(host, before.dns)
    : see('the cluster DNS', ['cni.dns-dead'], () => askDns(host, k3s, flags, before?.dns))
  const [links, routes, namespaces, subnet, netConf, confs, otherConfs] = await Promise.all([
    // `-d` adds the kind of each link; links and addresses come from one process.
    see('interfaces and addresses', linkCodes, () => print(host, addresses, parseLinks)),
    see('routes', ['cni.routes-missing'], () => print(host, routes4, parseRoutes)),
    host.list('/run/netns').then(
      (entries) => new Set(entries.map((it) => it.name)),
      () => new Set<string>(),
    ),
    see(subnetFile, ['cni.subnet-env-missing', 'cni.bridge-address'], () =>
      orNull(host.text(subnetFile), parseSubnet),
    ),
    see(netConfFile(k3s), overlayCodes, () => orNull(host.text(netConfFile(k3s)), parseNetConf)),
    see(confFolder(k3s), ['cni.conf-missing'], () => readConfs(host, confFolder(k3s))),
    see(otherConfFolder, [], () => readConfs(host, otherConfFolder)),
  ])
  const pods = await see('the pods in the CNI result cache', [...bridgeCodes, 'cni.addresses-leaking'], () =>
    readPods(host, before?.pods ?? {}, (veth, sandbox = '') =>
      Boolean(links?.veths.has(veth) || namespaces.has(sandbox.replace(/^.*\//, ''))),
    ),
  )
  const gone = links && Object.values(pods ?? {}).flatMap((it) => (links.veths.has(it.veth) ? [] : [it.veth]))
  const under =
    links?.links.find((it) => it.name.startsWith('flannel') && it.over)?.over ?? flags['flannel-iface']
  const all: CniSample = {
    k3s,
    flags,
    ...(links && { interfaces: interfacesOf(links) }),
    ...(links?.foreign && { foreign: links.foreign }),
    ...(routes?.uplink && { uplink: routes.uplink }),
    ...(under !== undefined && under !== routes?.uplink && { under }),
    ...(pods && { pods }),
    ...(gone && gone.length > 0 && { gone }),
    ...(subnet !== undefined && { subnet }),
    ...(netConf !== undefined && { netConf }),
    ...(confs && { confs }),
    ...(otherConfs && { otherConfs }),
  }
  const seen = withFewLinks(all)
  const lacking = lackingSince(seen, before, host.now())
  const [more, wear, dns] = await Promise.all([
    readMore(host, see, seen, routes, past),
    readWear(host, seen, before, past.heard),
    asked,
  ])
  return {
    ...seen,
    ...(Object.keys(lacking).length > 0 && { lacking }),
    ...more,
    ...wear,
    ...(dns && { dns }),
    ...(blind.length > 0 && { unseen: blind }),
  }
}

const interfacesOf = ({ links, ports, loose, odd }: Links): Links => ({
  links,
  ports,
  loose,
  ...(odd && { odd }),
})

const withFewLinks = (it: CniSample): CniSample =>
  it.interfaces
    ? { ...it, interfaces: { ...it.interfaces, links: keptLinks(it.interfaces.links, judgedLinks(it)) } }
    : it

const deciding = [
  'flannel-backend',
  'flannel-iface',
  'flannel-cni-conf',
  'disable-agent',
  'rootless',
  'cni',
  'cluster-dns',
  'cluster-domain',
  'service-cidr',
]

/** Only these flags: others may be secrets, and the sample is stored. */
function chosen(flags: K3s['flags']): Record<string, string> {
  const disable = flags.disable?.join(',').slice(0, 200)
  return {
    ...Object.fromEntries(
      deciding.flatMap((name) => {
        const value = flags[name]?.at(-1)
        return value === undefined ? [] : [[name, value.slice(0, 100)]]
      }),
    ),
    ...(disable && { disable }),
  }
}
