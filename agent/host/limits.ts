import { HostError, type HostErrorCode } from '../model/index.ts'
import { atEnd } from './endings.ts'

/** By Node.js's error codes. A Map, because an error's code may be any string, such as `constructor`. */
const meaning: ReadonlyMap<unknown, readonly [HostErrorCode, string]> = new Map(
  Object.entries<readonly [HostErrorCode, string]>({
    ENOENT: ['missing', 'there is no such thing'],
    ENOTDIR: ['missing', 'there is no such folder'],
    EACCES: ['denied', 'permission denied; run it as root or as the user murphy'],
    EPERM: ['denied', 'not permitted; run it as root or as the user murphy'],
    ETIMEDOUT: ['timeout', 'no answer'],
    ECONNREFUSED: ['refused', 'nothing listens there'],
    EHOSTUNREACH: ['refused', 'there is no way to that host'],
    ENETUNREACH: ['refused', 'there is no way to that network'],
  }),
)

/** Any error as a HostError that says what was tried, what came back and what to do. */
export function hostError(doing: string, error: unknown): HostError {
  if (error instanceof HostError) return error
  const { code, message } = Object(error) as Partial<NodeJS.ErrnoException>
  const known = meaning.get(code)
  const [kind, words] = known ?? (['failed', message || String(error)] as const)
  return new HostError(kind, `${doing}: ${words}${known ? ` (${code})` : ''}`, { cause: error })
}

/**
 * Waits for `work` at most `timeout` ms, and not beyond its round. Work that cannot be cancelled (a read on a dead
 * network file system) goes on in the background; its result is dropped.
 */
export async function bounded<T>(
  work: Promise<T>,
  timeout: number,
  signal: AbortSignal,
  doing: string,
): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {})
    throw new HostError('timeout', `${doing}: given up, because its round was over`)
  }
  let timer: NodeJS.Timeout | undefined
  let takeBack: (() => void) | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new HostError('timeout', `${doing}: no answer within ${timeout / 1000} s`)),
      timeout,
    )
    takeBack = atEnd(signal, () =>
      reject(new HostError('timeout', `${doing}: given up, because its round was over`)),
    )
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
    takeBack?.()
    work.catch(() => {})
  }
}
