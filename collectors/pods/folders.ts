import type { Host, Pod } from '../../agent/model/index.ts'
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

/** Up to `most` containers that have a folder, and how many there are in all. */
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

/** A file of a container's log. */
export interface LogFile {
  readonly name: string
  /** The N of `N.log`, which counts restarts (kubelet, buildContainerLogsPath). */
  readonly restarts: number
  /** The kubelet rotated it because it had grown large. */
  readonly aside: boolean
}

/**
 * The files of a container's log, in the order in which they were written: for each start the rotated ones
 * (`N.log.<time>`), then the current one. Compressed ones (`.gz`) are left out (kubelet, container_log_manager.go).
 */
export async function logFiles(host: Host, path: string): Promise<readonly LogFile[]> {
  const files = ((await orMissing(host.list(path))) ?? []).flatMap(({ name }) => {
    const [, restarts, time = ''] = /^(\d{1,9})\.log(?:\.(\d{8}-\d{6}))?$/.exec(name) ?? []
    return restarts === undefined
      ? []
      : [{ name, restarts: Number.parseInt(restarts, 10), aside: time !== '', time: time || '~' }]
  })
  return files
    .sort((a, b) => a.restarts - b.restarts || (a.time < b.time ? -1 : 1))
    .map(({ time: _, ...it }) => it)
}

/** The names of the links to logs, one for each container instance that is not yet removed. */
export async function readLinks(host: Host): Promise<readonly string[] | undefined> {
  return (await orMissing(host.list(containerLinks)))?.map((it) => it.name)
}

/** A short text that changes with the links (FNV-1a over the names). */
export function fingerprint(names: readonly string[]): string {
  let hash = 0x811c9dc5
  for (const name of names)
    for (let at = 0; at <= name.length; at += 1)
      hash = Math.imul(hash ^ (at < name.length ? name.charCodeAt(at) : 0), 0x01000193)
  return `${names.length}-${(hash >>> 0).toString(36)}`
}
