import type { Host } from '../../agent/model/index.ts'
import { isSandbox, type PodBook } from '../node/pods.ts'
import type { ContainerCgroup } from './use.ts'

/** Digits of an id by which a sandbox is remembered: enough to tell those of one node apart. */
const digits = 12

/** The cgroups without those of sandboxes, and the sandboxes to remember, by the first digits of their ids. */
export interface Told {
  readonly containers: readonly ContainerCgroup[]
  readonly sandboxes: readonly string[]
}

/**
 * Every pod has a sandbox: a process that only holds its network. containerd gives it a cgroup beside those of the
 * containers, under its own id. It is told by its specification, or by having no log where another cgroup of its pod
 * has one. Reads one file for each cgroup that is neither a container by its log nor in `known`.
 */
export async function withoutSandboxes(
  host: Host,
  all: readonly ContainerCgroup[],
  { book, known }: { readonly book: PodBook; readonly known: readonly string[] },
): Promise<Told> {
  const hasLog = ({ of: { containerId = '' } }: ContainerCgroup) =>
    book.byContainer.has(containerId) || book.cut.some((it) => containerId.startsWith(it.containerId))
  const logged = new Set(all.filter(hasLog).map((it) => it.of.uid))
  const before = new Set(known)
  const containers: ContainerCgroup[] = []
  const sandboxes: string[] = []
  for (const it of all) {
    const { containerId = '', uid } = it.of
    const short = containerId.slice(0, digits)
    const is = !hasLog(it) && (before.has(short) || ((await isSandbox(host, containerId)) ?? logged.has(uid)))
    if (is) sandboxes.push(short)
    else containers.push(it)
  }
  return { containers, sandboxes: sandboxes.sort((a, b) => (a < b ? -1 : 1)) }
}
