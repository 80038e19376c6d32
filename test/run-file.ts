import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import project from '../package.json' with { type: 'json' }

/** What a test file said and gave. */
export interface Outcome {
  readonly passed: number
  /** Assertions that failed, and one more for a file that did not come to its end or failed outside of them. */
  readonly failed: number
  /** The reasons of what was skipped, and how often in all. */
  readonly skipped: readonly string[]
  /** All that it said but what is well. */
  readonly said: string
  /** From start to end, ms. */
  readonly took: number
}

/** How long a file may take that asks for no more (`t.setTimeout`), s. */
const patience = project.tap.timeout
const several = join(import.meta.dirname, 'run-several.ts')
/** What it has on top to say what hung, before it is killed, ms. */
const grace = 20_000

/**
 * Runs a test file in a process of its own, or several in one (`run-several.ts`). Node.js runs them as they are: tap's own
 * runner would load three modules into each process, and one into each that a test starts, which together is half of the
 * time that short files take.
 */
export async function runFiles(
  files: readonly string[],
  { node = process.execPath, cwd, env }: { node?: string; cwd: string; env: NodeJS.ProcessEnv },
): Promise<Outcome> {
  const began = Date.now()
  const child = spawn(node, files.length === 1 ? files : [several, ...files], {
    cwd,
    // To no parent of tap's it says its sums.
    env: { ...env, TAP_TIMEOUT: String(patience * files.length), TAP_CHILD_ID: '' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let timer: NodeJS.Timeout | undefined
  const within = (ms: number) => {
    clearTimeout(timer)
    if (ms <= 0) return
    timer = setTimeout(async () => {
      // tap says at this signal what is still open.
      child.kill('SIGALRM')
      await pause(grace)
      child.kill('SIGKILL')
    }, ms + grace)
  }
  within(patience * files.length * 1000)
  // tap says by this what a file has asked for.
  child.on('message', (it: { readonly setTimeout?: unknown }) => {
    if (typeof it.setTimeout === 'number') within(it.setTimeout)
  })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? code}`))
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) lines.push(line)
  const wrong = await ended
  clearTimeout(timer)
  return { ...outcome(lines, wrong), took: Date.now() - began }
}

/**
 * What the lines of a file come to. tap writes its sums last (`# { total: 3, pass: 2, fail: 1 }`): a file without them has
 * not come to its end. `wrong` says how its process ended, if not well.
 */
export function outcome(lines: readonly string[], wrong: string): Omit<Outcome, 'took'> {
  const [, sums] =
    lines.flatMap((it) => [/^# \{ (total: .*) \}$/.exec(it) ?? []]).findLast((it) => it[1]) ?? []
  const sum = (what: string) => Number(new RegExp(`\\b${what}: (\\d+)`).exec(sums ?? '')?.[1] ?? 0)
  const failed = sum('fail')
  const odd = sums === undefined ? 'it did not come to its end' : failed === 0 ? wrong : ''
  return {
    passed: sum('pass'),
    failed: failed + (odd ? 1 : 0),
    skipped: lines.flatMap((it) => /^\s*(?:not )?ok \d.* # SKIP ?(.*)/.exec(it)?.[1] ?? []),
    said: [
      ...lines.filter((it) => !/^\s*ok \d/.test(it)),
      ...(odd ? [...new Set([odd, wrong])].filter(Boolean) : []),
    ].join('\n'),
  }
}
