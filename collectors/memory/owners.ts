import { isOfUser } from '../node/pods.ts'

/*
 * The owners of this collector's subjects: `namespace/pod/container`, `pod UID`, `process NAME in CGROUP`. Where there
 * is no room for all subjects, each owner gets a share, so that a user with many processes cannot push out a pod.
 */

const isProcess = (subject: string) => subject.startsWith('process ')

/** A subject of this length may be a name of 15 bytes without a cgroup, and the name may itself contain " in /". */
const longestName = 'process '.length + 15

/** All users are one owner: each can create cgroups of any name, though only below their own slice. */
export function ownerOf(subject: string): string {
  if (!isProcess(subject)) return subject.split('/', 2).join('/')
  if (isOfUser(subject)) return 'users'
  const at = subject.length > longestName ? subject.lastIndexOf(' in /') : -1
  return at < 0 ? 'unknown' : subject.slice(at)
}

/** Pods are more important than processes of the node, and these than processes of users. */
export const weightOf = (subject: string) => (isProcess(subject) ? (isOfUser(subject) ? 0 : 1) : 2)
