import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import type { Host } from '../../../agent/model/index.ts'
import { assess } from '../../../collectors/cni/assess.ts'
import { collect } from '../../../collectors/cni/collect.ts'
import type { CniSample } from '../../../collectors/cni/sample.ts'

export const nodes = join(import.meta.dirname, '../../nodes')

/** What the collector sees on a recorded node. */
export const sampleOf = (name: string): Promise<CniSample> =>
  collect(recordedNode(join(nodes, name)), { heard: [] })

/** A copy of a recorded node that a test may change. */
export function nodeLike(t: Test, name: string) {
  const folder = t.testdir({})
  cpSync(join(nodes, name), folder, { recursive: true, verbatimSymlinks: true })
  const file = (path: string) => join(folder, 'files', path)
  return {
    folder,
    host: (): Host => recordedNode(folder),
    remove: (path: string) => rmSync(file(path), { recursive: true }),
    make: (path: string) => mkdirSync(file(path), { recursive: true }),
    write: (path: string, text: string) => writeFileSync(file(path), text),
  }
}

/** Two and a half minutes after k3s started. */
export const later = (sample: CniSample) => (sample.k3s?.running?.since ?? 0) + 150_000

export const codes = (sample: CniSample, now = later(sample)) => assess(sample, now).map((it) => it.code)

/** The sample with one link changed or, with null, gone. */
export function withLink(sample: CniSample, name: string, change: object | null): CniSample {
  const { links, ports, loose } = sample.interfaces ?? { links: [], ports: {}, loose: [] }
  const changed = links.flatMap((it) => (it.name !== name ? [it] : change ? [{ ...it, ...change }] : []))
  return { ...sample, interfaces: { links: changed, ports, loose } }
}
