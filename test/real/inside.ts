import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Handshake, type Host, HostError } from '../../agent/model/index.ts'

/** What a process in a network namespace does for a test: it asks like the agent, and stands in for a kubelet. */
export interface Inside extends Pick<Host, 'probe' | 'handshake'> {
  /** Listens with TLS where a kubelet does. */
  serve(certificate: { readonly file: string; readonly key: string }): Promise<void>
  stopServing(): Promise<void>
  /** The CPU time that it has used so far, ms. */
  spent(): Promise<number>
  close(): void
}

export type Order =
  | { readonly do: 'probe'; readonly with: Parameters<Host['probe']>[0] }
  | { readonly do: 'handshake'; readonly with: Parameters<Host['handshake']>[0] }
  | { readonly do: 'serve'; readonly with: { readonly file: string; readonly key: string } }
  | { readonly do: 'stop serving' | 'spent' }

/** `prefix`: the command that enters the namespace. The process is started with the first order. */
export function openInside(prefix: readonly string[]): Inside {
  const waiting = new Map<
    number,
    (answer: { value?: unknown; code?: HostError['code']; message?: string }) => void
  >()
  let child: ChildProcess | undefined
  let count = 0
  const start = () => {
    const script = join(import.meta.dirname, 'inside-asking.ts')
    const [command = '', ...rest] = [...prefix, process.execPath, script]
    const it = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: it.stdout }).on('line', (line) => {
      const { id, ...answer } = JSON.parse(line)
      waiting.get(id)?.(answer)
      waiting.delete(id)
    })
    // What a poll still asks while the test is over finds nobody.
    it.stdin.on('error', () => {})
    it.once('close', () => {
      for (const answer of waiting.values()) answer({ code: 'failed', message: 'the node is gone' })
      waiting.clear()
    })
    return it
  }
  const order = <T>(what: Order): Promise<T> =>
    new Promise((resolve, reject) => {
      child ??= start()
      count += 1
      waiting.set(count, ({ value, code, message = '' }) =>
        code ? reject(new HostError(code, message)) : resolve(value as T),
      )
      child.stdin?.write(`${JSON.stringify({ id: count, ...what })}\n`)
    })
  return {
    probe: (it) => order({ do: 'probe', with: it }),
    async handshake(it) {
      const { certificates, protocol } = await order<
        Pick<Handshake, 'protocol'> & { certificates: string[] }
      >({
        do: 'handshake',
        with: it,
      })
      return { certificates: certificates.map((der) => Buffer.from(der, 'base64')), protocol }
    },
    serve: (it) => order({ do: 'serve', with: it }),
    stopServing: () => order({ do: 'stop serving' }),
    spent: () => order({ do: 'spent' }),
    close: () => void child?.kill(),
  }
}
