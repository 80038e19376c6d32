import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { serve } from '../../../../agent/api/serve.ts'
import type { Snapshot } from '../../../../agent/api/snapshot.ts'
import type { Silence } from '../../../../agent/core/silence.ts'
import { openStore } from '../../../../agent/state/store.ts'
import { picture } from '../../small.ts'
import { main } from './typed.ts'

/** The commands as people type them, beside a socket that answers as a daemon does, whose picture the test may change. */
export async function served(t: Test) {
  // A socket's path may have 107 bytes; the test folder's is longer.
  const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
  const config = join(folder, 'config.yaml')
  const socket = join(folder, 'agent.sock')
  writeFileSync(config, `node: test-node\nstate_dir: ${folder}/state\nsocket: ${socket}\n`)
  const store = openStore(join(folder, 'state'), Date.now())
  const silences: Silence[] = []
  let shown: Snapshot = picture
  const server = await serve({
    socket,
    store,
    snapshot: () => ({ ...shown, silences }),
    silence: (it) => {
      silences.splice(0, silences.length, ...silences.filter(({ id }) => id !== it.id))
      if (it.until > it.since) silences.push(it)
    },
  })
  const stop = () => server.close()
  t.teardown(() => {
    stop()
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    folder,
    config,
    store,
    silences,
    stop,
    show: (it: Partial<Snapshot>) => {
      shown = { ...picture, ...it }
    },
    async agent(...args: string[]) {
      const child = spawn(process.execPath, [main, '--config', config, ...args])
      let out = ''
      let err = ''
      child.stdout.on('data', (part) => (out += part))
      child.stderr.on('data', (part) => (err += part))
      const exit = await new Promise<number | null>((resolve) => child.once('close', resolve))
      return { exit, out, err }
    },
  }
}
