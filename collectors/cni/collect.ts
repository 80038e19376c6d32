import { type Host, HostError, type Unseen, unseen } from '../../agent/model.ts'
import { orMissing } from '../node/ask.ts'
import { findK3s, type K3s } from '../node/k3s.ts'
import {
  confFolder,
  netConfFile,
  otherConfFolder,
  parseNetConf,
  parseSubnet,
  readConfs,
  subnetFile,
} from './conf.ts'
import { countErrors, parseLinks, parseRoutes, peersOf } from './links.ts'
import { plan } from './plan.ts'
import { readPods } from './pods.ts'
import type { Code } from './rules.ts'
import type { CniSample } from './sample.ts'

const bridgeCodes: readonly Code[] = [
  'cni.bridge-missing',
  'cni.bridge-down',
  'cni.bridge-address',
  'cni.veth-orphaned',
]
const overlayCodes: readonly Code[] = ['cni.overlay-missing', 'cni.overlay-down']

/** Asks; judges nothing. Two processes and a dozen small files; a pod's file is read once in its life. */
export async function collect(host: Host, before: CniSample | undefined): Promise<CniSample> {
  const found = await findK3s(host, before?.k3s)
  if (!found) return {}
  const { flags, ...k3s } = found
  const blind: Unseen[] = []
  const see = async <T>(what: string, codes: readonly Code[], ask: () => Promise<T>) => {
    try {
      return await ask()
    } catch (error) {
      blind.push(unseen(what, error, codes))
      return undefined
    }
  }
  const [links, routes, namespaces, subnet, netConf, confs, otherConfs] = await Promise.all([
    // `-d` adds the kind of each link; links and addresses come from one process.
    see('interfaces and addresses', [...bridgeCodes, ...overlayCodes], () =>
      print(host, ['ip', '-j', '-d', 'addr', 'show'], parseLinks),
    ),
    see('routes', [], () => print(host, ['ip', '-j', '-d', 'route', 'show'], parseRoutes)),
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
  const pods = await see('the pods in the CNI result cache', bridgeCodes, () =>
    readPods(host, before?.pods ?? {}, (veth, sandbox = '') =>
      Boolean(links?.veths.has(veth) || namespaces.has(sandbox.replace(/^.*\//, ''))),
    ),
  )
  const sample: CniSample = {
    k3s,
    flags: chosen(flags),
    ...(links && { interfaces: { links: links.links, ports: links.ports, loose: links.loose } }),
    ...(links?.foreign && { foreign: links.foreign }),
    ...(routes?.uplink && { uplink: routes.uplink }),
    ...(routes && { peers: peersOf(routes.routes, subnet?.networks ?? []) }),
    ...(pods && { pods }),
    ...(subnet !== undefined && { subnet }),
    ...(netConf !== undefined && { netConf }),
    ...(confs && { confs }),
    ...(otherConfs && { otherConfs }),
    ...(blind.length > 0 && { unseen: blind }),
  }
  const errors = await readErrors(host, sample)
  return errors === undefined ? sample : { ...sample, errors }
}

/** What a command printed, understood; a HostError otherwise. */
async function print<T>(host: Host, argv: readonly string[], parse: (stdout: string) => T): Promise<T> {
  const { stdout, stderr, exit } = await host.run(argv)
  const doing = `running \`${argv.join(' ')}\``
  if (exit !== 0) throw new HostError('failed', `${doing}: exit code ${exit}: ${stderr.trim().slice(0, 200)}`)
  try {
    return parse(stdout)
  } catch (error) {
    throw new HostError('failed', `${doing}: it did not print the JSON that iproute2 5.0 and later print`, {
      cause: error,
    })
  }
}

/** null for what is not there, or holds nothing that can be understood. */
async function orNull<T>(work: Promise<string>, parse: (text: string) => T): Promise<T | null> {
  const text = await orMissing(work)
  if (text === undefined) return null
  try {
    return parse(text)
  } catch {
    return null
  }
}

const deciding = ['flannel-backend', 'flannel-iface', 'flannel-cni-conf', 'disable-agent', 'rootless', 'cni']

/** Only these: others may be secrets, and the sample is stored. */
function chosen(flags: K3s['flags']): Record<string, string> {
  return Object.fromEntries(
    deciding.flatMap((name) => {
      const value = flags[name]?.at(-1)
      return value === undefined ? [] : [[name, value.slice(0, 100)]]
    }),
  )
}

/** No rule rests on these yet, so that not seeing them is nobody's business. */
async function readErrors(host: Host, sample: CniSample): Promise<number | undefined> {
  const it = plan(sample)
  if (it.kind !== 'flannel') return undefined
  try {
    const names = [it.bridge, ...it.overlays, ...(sample.uplink ? [sample.uplink] : [])]
    return countErrors(await host.text('/proc/net/dev'), names)
  } catch {
    return undefined
  }
}
