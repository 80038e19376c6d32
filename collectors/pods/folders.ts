import type { Host, Pod } from '../../agent/model.ts'
import { orMissing } from '../node/ask.ts'
import { containerLinks, podLogs, podOfFolder } from '../node/pods.ts'

/** The kubelet's folder of one container: `/var/log/pods/<folder>/<container>`. */
export interface Container {
  readonly folder: string
  readonly container: string
  readonly pod: Pod
}

export const pathOf = ({ folder, container }: Pick<Container, 'folder' | 'container'>) =>
  `${podLogs}/${folder}/${container}`

/** A DNS label (RFC 1123), as the API demands of a container's name. */
const containerName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Every container with a folder, at most `most`, and how many there are. */
export async function listContainers(
  host: Host,
  most: number,
): Promise<{ readonly containers: readonly Container[]; readonly all: number }> {
  const containers: Container[] = []
  let all = 0
  for (const { name: folder } of (await orMissing(host.list(podLogs))) ?? []) {
    const pod = podOfFolder(folder)
    if (!pod) continue
    for (const { name: container, kind } of (await orMissing(host.list(`${podLogs}/${folder}`))) ?? []) {
      if (kind !== 'folder' || !containerName.test(container)) continue
      all += 1
      if (all <= most) containers.push({ folder, container, pod: { ...pod, container } })
    }
  }
  return { containers, all }
}

/** The container of a remembered place. */
export function containerAt(folder: string, container: string): Container | undefined {
  const pod = podOfFolder(folder)
  return pod && containerName.test(container) ? { folder, container, pod: { ...pod, container } } : undefined
}

/** The highest N of `N.log`; undefined while there is none. Restarts are counted there (kubelet, buildContainerLogsPath). */
export async function newestLog(host: Host, path: string): Promise<number | undefined> {
  const names = (await orMissing(host.list(path))) ?? []
  const numbers = names.flatMap(({ name }) => (/^\d{1,9}\.log$/.test(name) ? Number.parseInt(name, 10) : []))
  return numbers.length > 0 ? Math.max(...numbers) : undefined
}

/**
 * The logs that the kubelet has set aside of `N.log`, oldest first: `N.log.<time>`, packed with `.gz` but
 * for the newest (kubelet, container_log_manager.go).
 */
export async function setAside(host: Host, path: string, restarts: number): Promise<string[]> {
  const names = (await orMissing(host.list(path))) ?? []
  const prefix = `${restarts}.log.`
  return names
    .map((it) => it.name)
    .filter((it) => it.startsWith(prefix) && /^\d{8}-\d{6}$/.test(it.slice(prefix.length)))
    .sort()
}

/** The names of the links to logs, one a container that was ever started and is not yet removed. */
export async function readLinks(host: Host): Promise<readonly string[] | undefined> {
  return (await orMissing(host.list(containerLinks)))?.map((it) => it.name)
}

/** A short text that differs when the links do (FNV-1a over the names). */
export function fingerprint(names: readonly string[]): string {
  let hash = 0x811c9dc5
  for (const name of names)
    for (let at = 0; at <= name.length; at += 1)
      hash = Math.imul(hash ^ (at < name.length ? name.charCodeAt(at) : 0), 0x01000193)
  return `${names.length}-${(hash >>> 0).toString(36)}`
}
