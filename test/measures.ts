import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { defaults } from '../agent/config/defaults.ts'
import { recordedNode } from '../agent/host/replay.ts'
import { type Collector, opaque, type Properties, type Sample } from '../agent/model/index.ts'

/**
 * Holds the numbers of a collector on every recorded node: each is declared, has the labels that it is declared with, is
 * a number, and stands there once. `expected`: one that some node must have.
 */
export async function declaredAlone<S extends Sample, P extends Properties>(
  t: Test,
  own: Collector<S, P>,
  expected: string,
): Promise<void> {
  const it = opaque(own)
  const folder = join(import.meta.dirname, 'nodes')
  const names = new Set<string>()
  const settings = defaults(it.settings)
  for (const name of readdirSync(folder).filter((one) => !one.includes('.md'))) {
    const host = recordedNode(join(folder, name))
    const sample = await it.collect(host, settings, { heard: [] })
    const all = it.measures?.of(sample, settings, host.now()) ?? []
    t.equal(
      new Set(all.map((one) => JSON.stringify([one.name, one.labels]))).size,
      all.length,
      `${name}: each once`,
    )
    for (const one of all) {
      names.add(one.name)
      const labels = Object.keys(one.labels ?? {})
      const { labels: declared = [] } = it.measures?.declared[one.name] ?? {}
      const fits = labels.length === declared.length && declared.every((label) => labels.includes(label))
      if (!fits || !Number.isFinite(one.value))
        t.fail(`${name}: ${JSON.stringify(one)} is not as it is declared`)
    }
  }
  t.ok(names.has(expected), `${expected} is there`)
}
