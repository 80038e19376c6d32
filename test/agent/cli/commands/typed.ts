import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

export const main = join(import.meta.dirname, '../../../../agent/main.ts')
export const nodes = join(import.meta.dirname, '../../../nodes')

/** The commands as people type them: real processes, real exit codes, with settings and a folder of their own. */
export function typed(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'config.yaml')
  writeFileSync(config, `node: test-node\nstate_dir: ${folder}/state\nsocket: ${folder}/agent.sock\n`)
  const agent = (...args: string[]) => {
    const ran = spawnSync(process.execPath, [main, '--config', config, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    return { exit: ran.status, out: ran.stdout, err: ran.stderr }
  }
  return { agent, config, folder }
}
