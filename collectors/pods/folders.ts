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

/** What is remembered of a container. Its name may be one that every object of JavaScript has, such as `constructor`. */
export function remembered<T>(
  all: Readonly<Record<string, Readonly<Record<string, T>>>> | undefined,
  { folder, container }: Pick<Container, 'folder' | 'container'>,
): T | undefined {
  const its = all?.[folder]
  return its && Object.hasOwn(its, container) ? its[container] : undefined
}

/** A DNS label (RFC 1123), as the API demands of a container's name. */
const containerName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** The container of a folder; undefined where it is none. */
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
 * (`N.log.<time>`), then the current one. Compressed ones (`.gz`) are left out (kubelet, container_log_manager.go). Rejects
 * as the Host does, also where there is no such folder.
 */
export async function logFiles(host: Host, path: string): Promise<readonly LogFile[]> {
  const files = (await host.list(path)).flatMap(({ name }) => {
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
export async function readLinks(host: Host): Promise<readonly string[]> {
  return ((await orMissing(host.list(containerLinks))) ?? []).map((it) => it.name)
}
