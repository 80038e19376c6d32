import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import type { Ran } from '../model/index.ts'
import { HostError } from '../model/index.ts'
import { confined, folders, notStarted, programOf } from './confine.ts'
import { atEnd } from './endings.ts'
import { hostError } from './limits.ts'

const environment = { PATH: folders.join(':'), LC_ALL: 'C' }

/** Longer lines are cut to this, bytes, so that no output can fill the memory. */
const longestLine = 64 * 1024
const stderrKept = 8 * 1024

export interface RunOptions {
  readonly timeout?: number
  readonly limit?: number
  readonly line?: (line: string) => void
}

/**
 * The kernel log is followed by a `cat` that inherits it already open: with kernel.dmesg_restrict=1 opening it needs
 * CAP_SYSLOG, but reading does not, so `cat` needs no capability.
 */
const kernelLog = ['cat', '/dev/kmsg'] as const

/** Starts a command with only the capabilities it needs. Throws a HostError where the command or log does not exist. */
function start(argv: readonly string[]): ChildProcess {
  const [name, ...rest] = argv
  if (!name) throw new HostError('failed', 'running a command: none was named')
  const [cat, log] = kernelLog
  if (name !== cat || rest.length !== 1 || rest[0] !== log) return spawned([programOf(name), ...rest])
  const file = openSync(log, constants.O_RDONLY | constants.O_NOCTTY)
  try {
    return spawned([programOf(cat)], file)
  } finally {
    closeSync(file)
  }
}

function spawned(argv: readonly string[], stdin: number | 'ignore' = 'ignore'): ChildProcess {
  const [command = '', ...args] = confined(argv, { parent: true })
  return spawn(command, args, { stdio: [stdin, 'pipe', 'pipe'], env: environment })
}

const newline = 10

/**
 * Cuts a byte stream into lines and holds at most one. Each line is decoded by itself: a slice of a longer string would
 * be slower to read, and would keep all of that string in memory.
 */
function lineCutter(line: (text: string) => void) {
  let rest: Buffer | undefined
  const hand = (bytes: Buffer) => line(bytes.toString('utf8', 0, Math.min(bytes.length, longestLine)))
  return {
    take(chunk: Buffer) {
      let from = 0
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
        if (rest) hand(Buffer.concat([rest, chunk.subarray(from, end)]))
        else line(chunk.toString('utf8', from, Math.min(end, from + longestLine)))
        rest = undefined
        from = end + 1
      }
      if (from === chunk.length) return
      const more = chunk.subarray(from, from + longestLine)
      // A copy, since a slice would keep the whole chunk in memory.
      rest = rest ? Buffer.concat([rest, more]).subarray(0, longestLine) : Buffer.from(more)
    },
    end() {
      if (rest) hand(rest)
      rest = undefined
    },
  }
}

/** Runs a command to its end, without a shell. See `Host.run`. */
export function run(argv: readonly string[], options: RunOptions, signal: AbortSignal): Promise<Ran> {
  const { timeout = 10_000, line, limit = line ? 256 * 1024 * 1024 : 8 * 1024 * 1024 } = options
  const doing = `running \`${argv.join(' ')}\``
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new HostError('timeout', `${doing}: given up, because its round was over`))
      return
    }
    const child = start(argv)
    let problem: HostError | undefined
    const give = (error: HostError) => {
      problem ??= error
      child.kill('SIGKILL')
      // Its children may hold its output open, and a process blocked in the kernel may not die: wait for neither.
      over()
      child.stdout?.destroy()
      child.stderr?.destroy()
      child.unref()
      reject(problem)
    }
    const timer = setTimeout(
      () => give(new HostError('timeout', `${doing}: no answer within ${timeout / 1000} s, so it was ended`)),
      timeout,
    )
    const stop = () => give(new HostError('timeout', `${doing}: ended, because its round was over`))
    const takeBack = atEnd(signal, stop)
    const parts: Buffer[] = []
    const errors: Buffer[] = []
    let size = 0
    let errorSize = 0
    const cutter = line && lineCutter(line)
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit)
        give(new HostError('too-large', `${doing}: it printed more than ${limit} bytes, so it was ended`))
      else if (cutter) {
        try {
          cutter.take(chunk)
        } catch (error) {
          give(hostError(`${doing}: reading its output`, error))
        }
      } else parts.push(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      if (errorSize < stderrKept) errors.push(chunk)
      errorSize += chunk.length
    })
    const over = () => {
      clearTimeout(timer)
      takeBack()
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      over()
      reject(hostError(doing, error))
    })
    child.on('close', (code, killed) => {
      over()
      if (problem) return reject(problem)
      cutter?.end()
      const stderr = Buffer.concat(errors).toString('utf8').slice(0, stderrKept)
      if (code === null)
        return reject(
          new HostError('failed', `${doing}: it was ended by ${killed}${stderr && `: ${stderr.trim()}`}`),
        )
      const unstarted = notStarted(code, stderr)
      if (unstarted) return reject(hostError(doing, unstarted))
      resolve({ stdout: Buffer.concat(parts).toString('utf8'), stderr, exit: code })
    })
  })
}

/**
 * Starts a command and passes its lines to `line` until it ends or `signal` is aborted. Never rejects; resolves with
 * the reason why it ended. `complaint` gets what it writes to stderr meanwhile.
 */
export function follow(
  argv: readonly string[],
  line: (text: string) => void,
  signal: AbortSignal,
  complaint: (text: string) => void = () => {},
): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve('stopped')
    const doing = `running \`${argv.join(' ')}\``
    let child: ChildProcess
    try {
      child = start(argv)
    } catch (error) {
      return resolve(hostError(doing, error).message)
    }
    const stop = () => child.kill('SIGKILL')
    const takeBack = atEnd(signal, stop)
    let stderr = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8')
      stderr = (stderr + text).slice(-stderrKept)
      complaint(text.trim().slice(0, 200))
    })
    const cutter = lineCutter(line)
    child.stdout?.on('data', (chunk: Buffer) => cutter.take(chunk))
    const end = (why: string) => {
      takeBack()
      resolve(why)
    }
    child.on('error', (error) => end(hostError(doing, error).message))
    child.on('close', (code, killed) => end(stderr.trim() || `it ended (${killed ?? `exit code ${code}`})`))
  })
}
