import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../../systemd/build.ts'
import { type AgentOptions, type BenchAgent, startAgent, startReceiver } from './agent.ts'
import { type Certificates, makeCertificates } from './certificates.ts'
import type { Site } from './faults.ts'
import { removeGroups } from './kernel.ts'
import { makeNode, type NodeOptions } from './node.ts'

/** What benches of the whole agent stand on: its bundle, and nodes to run it on. */
export interface Stand {
  readonly certificates: Certificates
  readonly built: string
  /** To be done at the end, whatever happens, the last first. */
  undo(what: () => unknown): void
  /** A stand-in node with a receiver. */
  site(name: string, options?: NodeOptions): Promise<Site>
  launch(site: Site, options?: AgentOptions): Promise<BenchAgent>
}

const root = join(import.meta.dirname, '../..')
export const say = (text: string) => void process.stderr.write(`${text}\n`)

/** Runs `work` and clears up, also when it is interrupted. Resolves with what went wrong, if anything. */
export async function withStand(work: (stand: Stand) => Promise<void>): Promise<unknown> {
  const undo: (() => unknown)[] = []
  const clear = async () => {
    for (const it of undo.splice(0).reverse()) {
      try {
        await it()
      } catch (error) {
        say(`clearing up: ${error}`)
      }
    }
    await removeGroups()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void clear().then(() => process.exit(130)))
  const later = (what: () => unknown) => void undo.push(what)
  try {
    const folder = mkdtempSync(join(tmpdir(), 'murphy-bench-'))
    later(() => rmSync(folder, { recursive: true, force: true }))
    const built = join(root, 'dist', `bench-${process.pid}`)
    later(() => rmSync(built, { recursive: true, force: true }))
    say('building')
    await bundle({ root, entry: join(root, 'agent/main.ts'), outdir: built })
    const certificates = makeCertificates(later)
    await work({
      certificates,
      built,
      undo: later,
      async site(name, options) {
        mkdirSync(join(folder, name))
        const node = await makeNode(name, join(folder, name), certificates, options)
        later(() => node.stop())
        return { node, receiver: await startReceiver(node, options?.clock) }
      },
      async launch({ node, receiver }, options) {
        const agent = await startAgent(node, receiver, built, options)
        later(() => agent.stop())
        return agent
      },
    })
    return undefined
  } catch (error) {
    return error
  } finally {
    await clear()
  }
}
