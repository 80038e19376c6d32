import { findNodeApi } from '../../../collectors/index.ts'
import type { Config } from '../../config/config.ts'
import type { Host } from '../../model/index.ts'
import { minute } from '../../text/times.ts'
import { readVersion } from '../version.ts'

/**
 * Whether Kubernetes would take what the settings ask for, without anything being written (dryRun=All): true, or why
 * not. Undefined where they ask for nothing.
 */
export async function tryKubernetes(
  host: Host,
  wants: Config['kubernetes'],
): Promise<string | true | undefined> {
  if (!wants.conditions && !wants.events) return undefined
  try {
    const api = await findNodeApi(host)
    // Only loaded here: undici is large.
    const [{ openDoor }, { trial }] = await Promise.all([
      import('../../delivery/kubernetes/door.ts'),
      import('../../delivery/kubernetes/trial.ts'),
    ])
    const read = (path: string) => host.read(path, { limit: 64 * 1024 })
    const { ask } = openDoor({ api, version: readVersion(), read, now: Date.now })
    return await trial(api.node, wants, (request) => ask(request, AbortSignal.timeout(minute)), Date.now())
  } catch (error) {
    return (error as Error).message
  }
}
