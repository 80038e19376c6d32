import { isOfUser } from '../node/pods.ts'

/*
 * Whose the subjects of this collector are: `namespace/pod/container`, `pod UID`, `process NAME in CGROUP`. Where there is
 * not room for all, each owner gets its share, and no number of processes of a user pushes out a pod.
 */

const isProcess = (subject: string) => subject.startsWith('process ')

/** A name of 15 bytes alone, which may hold any words: then the cgroup is not known. */
const longestName = 'process '.length + 15

/** All users are one owner: each makes cgroups of any name, though only below their own slice. */
export function ownerOf(subject: string): string {
  if (!isProcess(subject)) return subject.split('/', 2).join('/')
  if (isOfUser(subject)) return 'users'
  const at = subject.length > longestName ? subject.lastIndexOf(' in /') : -1
  return at < 0 ? 'unknown' : subject.slice(at)
}

/** Pods before processes of the node, and those before processes of users. */
export const weightOf = (subject: string) => (isProcess(subject) ? (isOfUser(subject) ? 0 : 1) : 2)
