import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { notUnpacked, programOf, unpackedIn } from '../../tools.ts'

/** Debian's Alertmanager reads its templates from where the package would put them: so it gets a /usr/share of its own. */
const inPlace = `mount -t tmpfs none /usr/share && cp -r ${unpackedIn}/usr/share/prometheus /usr/share/ && exec "$@"`
export const apart = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', inPlace, 'sh']

/** Why the real programs cannot be started here; false where they can. */
export const withoutPrograms = (): string | false => {
  if (process.getuid?.() !== 0) return 'needs root'
  const missing = notUnpacked()
  return missing.length > 0 && `needs ${missing.join(', ')}, which npm test unpacks`
}

/** A port that is free, on loopback. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const at = server.address()
      server.close(() => resolve(typeof at === 'object' && at ? at.port : 0))
    })
  })

/** Starts one of the programs; it ends with the test. */
export function program(t: Test, name: string, args: readonly string[]): { readonly said: () => string } {
  const [command = '', ...rest] = [...apart, programOf(name), ...args]
  const child: ChildProcess = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => {
      said = `${said}${part}`.slice(-20_000)
    })
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { said: () => said }
}

/** Waits until something is so, at most half a minute. */
export async function until(what: string, it: () => boolean | Promise<boolean>): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < 30_000; await sleep(50))
    if (await it().valueOf()) return
  throw new Error(`not within half a minute: ${what}`)
}

/** What an address answers; undefined where it does not yet. */
export const answerOf = (url: string, options: RequestInit = {}): Promise<Response | undefined> =>
  fetch(url, { ...options, signal: AbortSignal.timeout(5000) }).catch(() => undefined)
