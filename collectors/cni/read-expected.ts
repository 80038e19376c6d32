import type { Host, Past, WakeEvent } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import { podLogs, podOfFolder } from '../node/pods.ts'
import type { See } from './ask.ts'
import { linkOf, outward, plan } from './expected.ts'
import { countDowns, countStarts } from './flapping.ts'
import { readOff } from './kernel.ts'
import { countErrors } from './link-errors.ts'
import type { parseRoutes } from './links.ts'
import { readPeers } from './nodes.ts'
import { readOffload } from './offload.ts'
import { readPool } from './pool.ts'
import { readReach } from './reach-look.ts'
import type { CniSample } from './sample.ts'

/** Reads what depends on the plan: the other nodes, the kernel's settings, the addresses. */
export async function readMore(
  host: Host,
  see: See,
  seen: CniSample,
  routes: ReturnType<typeof parseRoutes> | undefined,
  past: Past<CniSample>,
): Promise<CniSample> {
  const before = past.sample
  const it = plan(seen)
  if (it.kind === 'unknown' || (it.kind === 'other' && !it.pods)) return {}
  const devices = outward(seen)
  if (it.kind === 'other') {
    const off = await see('the settings of the kernel', ['cni.forwarding-off'], () =>
      readOff(host, { devices, bridged: false, ipv6: false }),
    )
    return off ? { off } : {}
  }
  const ipv6 = seen.netConf?.ipv6 === true
  const bridge = linkOf(seen, it.bridge) && it.bridge
  const own = [...(bridge ? [bridge] : []), ...it.overlays.filter((name) => linkOf(seen, name))]
  const off = await see('the settings of the kernel', ['cni.forwarding-off', 'cni.bridge-nf-off'], () =>
    readOff(host, { devices: [...own, ...devices], bridged: true, ipv6 }),
  )
  const pods = Object.values(seen.pods ?? {})
  const pool =
    seen.pods &&
    (await see('the reserved pod addresses', ['cni.addresses-leaking'], () =>
      readPool(host, { pods, own: seen.subnet?.addresses[0], before: before?.pool }),
    ))
  const offload =
    it.backend === 'vxlan'
      ? await see('the checksums of the overlay', ['cni.checksum-offload'], () =>
          readOffload(
            host,
            own.find((name) => name !== bridge),
          ),
        )
      : undefined
  const hung = (seen.interfaces?.loose.length ?? 0) + (seen.interfaces?.ports[it.bridge] ?? 0)
  const logged = pods.length === 0 && hung > 0 ? await readLogged(host) : []
  const peers = await readPeers(host, see, { seen, it, ipv6, past, routes })
  return {
    ...peers,
    ...(await readReach(host, { ...seen, ...peers }, past)),
    ...(off && { off }),
    ...(pool && { pool }),
    ...(offload && { offload }),
    ...(logged.length > 0 && { logged }),
  }
}

const mostLogged = 16

async function readLogged(host: Host): Promise<string[]> {
  const folders = ((await orNothing(host.list(podLogs))) ?? []).map((it) => podOfFolder(it.name))
  return folders.flatMap((it) => (it ? [`${it.namespace}/${it.name}`] : [])).slice(0, mostLogged)
}

/** Error counters and lost carriers. Where the kernel or a recording does not have them, their rules stay silent. */
export async function readWear(
  host: Host,
  seen: CniSample,
  before: CniSample | undefined,
  heard: readonly WakeEvent[],
): Promise<Pick<CniSample, 'errors' | 'downs' | 'starts' | 'carriers'>> {
  const it = plan(seen)
  const own = it.kind === 'flannel' ? [it.bridge, ...it.overlays] : []
  const text = await orNothing(host.text('/proc/net/dev'))
  const carriers: Record<string, number> = {}
  for (const name of outward(seen)) {
    const lost = await orNothing(host.text(`/sys/class/net/${name}/carrier_down_count`))
    if (lost && /^\d{1,10}\s*$/.test(lost)) carriers[name] = Number(lost)
  }
  const devices = [...own, ...outward(seen)]
  const now = host.now()
  const downs = countDowns(heard, own, before, now, carriers)
  const starts = countStarts(seen, before, now)
  return {
    ...(text !== undefined && { errors: countErrors(text, devices, before?.errors ?? {}, now) }),
    ...(Object.keys(downs).length > 0 && { downs }),
    ...(starts.length > 0 && { starts }),
    ...(Object.keys(carriers).length > 0 && { carriers }),
  }
}
