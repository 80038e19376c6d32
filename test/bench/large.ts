import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { say } from './stand.ts'

/** The programs that measure what large and busy nodes cost, with what they are told; each prints its budgets itself. */
const programs: readonly (readonly [program: string, ...args: readonly string[]])[] = [
  ['wide.ts'],
  ['firewall.ts', '--tries', '30'],
  ['cni.ts', '--tries', '30'],
  ['peers.ts'],
  ['memory.ts'],
]

/** What they print, one after the other. Slowness is no failure; `missed` are those that could not measure. */
export async function large(): Promise<{ readonly text: string; readonly missed: readonly string[] }> {
  const parts: string[] = []
  const missed: string[] = []
  for (const [program, ...args] of programs) {
    say(`large nodes: ${program}`)
    const { said, exit } = await printed([join(import.meta.dirname, program), ...args])
    parts.push(`node test/bench/${[program, ...args].join(' ')}\n${said.trim()}`)
    if (/^not measured: /m.test(said) || (exit !== 0 && said.trim() === '')) missed.push(program)
  }
  return { text: parts.join('\n\n'), missed }
}

const printed = (argv: readonly string[]) =>
  new Promise<{ readonly said: string; readonly exit: number | null }>((resolve, reject) => {
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.on('error', reject)
    child.on('close', (exit) => resolve({ said, exit }))
  })
