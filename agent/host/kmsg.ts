import { closeSync, constants, openSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { HostError } from '../model/index.ts'
import { hostError } from './limits.ts'

/**
 * The kernel's log. Each read of /dev/kmsg gives one record; EAGAIN is its end, EPIPE says that records
 * were overwritten before they were read and that the next read goes on with the oldest left (Linux,
 * Documentation/ABI/testing/dev-kmsg). The gap shows in the sequence numbers.
 */
export interface KernelLog {
  /** Passes every existing record above `after` to `record`. One reader at a time; others wait for their turn. */
  since(after: number, record: (record: string) => void, signal: AbortSignal): Promise<void>
  close(): void
}

/** The longest record is about 8 KiB with its continuation lines; a smaller buffer would give EINVAL. */
const buffer = Buffer.allocUnsafe(16 * 1024)
const breath = 1000
/** The most records in one round, which could otherwise read forever in a storm; the next round continues there. */
const mostRecords = 500_000

export function kernelLog(path = '/dev/kmsg'): KernelLog {
  let fd: number | undefined
  let last = -1
  let turn: Promise<unknown> = Promise.resolve()
  const close = () => {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
    last = -1
  }
  const since: KernelLog['since'] = async (after, record, signal) => {
    try {
      // The open file is positioned after `last`; to read earlier records it has to be opened again.
      if (fd === undefined || after < last) {
        close()
        fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
      }
      for (let count = 1; count <= mostRecords && !signal.aborted; count += 1) {
        if (count % breath === 0) await setImmediate()
        // It was closed during the pause.
        if (fd === undefined) return
        const size = next(fd)
        if (size === undefined) return
        if (size < 0) continue
        const text = buffer.toString('utf8', 0, size)
        const sequence = sequenceOf(text)
        // Some containers have another device there, which ends or answers something else.
        if (sequence === undefined)
          throw new HostError('failed', `reading ${path}: what is there is not the log of a kernel`)
        last = sequence
        if (sequence > after) record(text.trimEnd())
      }
    } catch (error) {
      close()
      throw hostError(`reading ${path}`, error)
    }
  }
  return {
    close,
    since(after, record, signal) {
      const mine = turn.then(() => since(after, record, signal))
      turn = mine.catch(() => {})
      return mine
    },
  }
}

/** The second number of `priority,sequence,…`. */
function sequenceOf(record: string): number | undefined {
  const from = record.indexOf(',') + 1
  const sequence = Number.parseInt(record.slice(from, from + 20), 10)
  return from > 0 && Number.isSafeInteger(sequence) ? sequence : undefined
}

/** Bytes of the next record in the buffer; -1 when records were lost; undefined at the end. */
function next(fd: number): number | undefined {
  try {
    return readSync(fd, buffer)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN') return undefined
    if (code === 'EPIPE') return -1
    throw error
  }
}
