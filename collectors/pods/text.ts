import type { Pod } from '../../agent/model/index.ts'
import { nameOf } from '../node/pods.ts'

/** The subject of a finding about a log. */
export const saidBy = ({ pod, pattern }: { readonly pod: Pod; readonly pattern: string }) =>
  `${nameOf(pod)} ${pattern}`

/** A step with the pod's names filled in. The API accepts only names that are safe in a shell. */
export const filled = (text: string, { namespace, name, container = '' }: Pod) =>
  text.replaceAll('{namespace}', namespace).replaceAll('{pod}', name).replaceAll('{container}', container)

/** The usual meaning of exit codes (128 plus the signal; bash(1), EXIT STATUS). */
const codes: Readonly<Record<number, string>> = {
  126: 'command not executable',
  127: 'command not in the image',
  128: 'could not be started',
  132: 'SIGILL: built for another CPU',
  134: 'SIGABRT: aborted by itself',
  137: 'SIGKILL: by the OOM killer or the kubelet',
  139: 'SIGSEGV: crashed',
  143: 'SIGTERM: asked to stop',
}

/** "OOMKilled", "exit code 139 (SIGSEGV: crashed)". */
export function endedHow({ code, reason }: { readonly code: number; readonly reason?: string }): string {
  if (reason === 'OOMKilled') return 'OOMKilled'
  const words = codes[code]
  const known = words ?? (reason && !/^(Error|Completed)$/.test(reason) ? reason : undefined)
  return `exit code ${code}${known ? ` (${known})` : ''}`
}
