import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How the unit starts the agent: the flags of its Node.js, and what it adds to the environment. */
const unit = readFileSync(join(import.meta.dirname, '../../systemd/murphy.service'), 'utf8')
const values = (key: string) => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, it = '']) => it)

/** `--max-semi-space-size=1` … */
export const flags: readonly string[] = values('ExecStart')
  .flatMap((it) => it.split(' '))
  .filter((it) => it.startsWith('--'))

export const environment: Readonly<Record<string, string>> = Object.fromEntries(
  values('Environment')
    .flatMap((it) => it.split(' '))
    .map((it) => it.split('=', 2)),
)
if (flags.length === 0) throw new Error('the unit starts the agent in a way that is not understood here')
