import { removed } from './redaction/cut.ts'
import { journalOf } from './redaction/logs.ts'
import { derOf, ofPlace } from './redaction/places.ts'
import { withoutComments } from './redaction/rule-comments.ts'
import { logText, withoutNamed } from './redaction/text.ts'

/**
 * Removes from recorded data what must never leave the node. Of files with a known path, everything but what Murphy
 * reads is removed; of all others, what is secret by its name or its form. The rest stays as it is, so that a recording
 * can be read like the original. In doubt, more is removed.
 */

/** The bytes of a file with every secret replaced. `path`: by which it was read; `real`: where that leads. */
export function withoutSecrets(path: string, bytes: Uint8Array, real = path): Uint8Array {
  const der = derOf(bytes)
  if (der) return der === 'certificate' ? bytes : Buffer.from(`${removed}\n`)
  const text = Buffer.from(bytes).toString('latin1')
  const clean = withoutNamed(ofPlace(path, real, text))
  return clean === text ? bytes : Buffer.from(clean, 'latin1')
}

/** The bytes of a log without secrets, as far as a program can recognize them. */
export const withoutSecretsOfLog = (bytes: Uint8Array): Uint8Array =>
  Buffer.from(logText(Buffer.from(bytes).toString('latin1')), 'latin1')

/** The output of a command without secrets; `logs`: keep the text of logs. */
export function withoutSecretsOf(argv: readonly string[], stdout: string, logs = false): string {
  if (/(?:^|\/)journalctl$/.test(argv[0] ?? '')) return journalOf(stdout, logs)
  return withoutNamed(withoutComments(stdout))
}

export { kernelRecord } from './redaction/logs.ts'
export { removed, withoutNamed }
