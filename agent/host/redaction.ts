import { removed } from './redaction/cut.ts'
import { journalOf } from './redaction/logs.ts'
import { derOf, ofPlace } from './redaction/places.ts'
import { withoutComments } from './redaction/rule-comments.ts'
import { logText, withoutNamed } from './redaction/text.ts'

/**
 * What must never leave the node, taken out of what was read there: of files that are known by their place all but
 * what Murphy reads of them, and of the rest what is secret by its name or its looks. Only that is replaced, so that
 * a recording still reads as the file did; where it is in doubt, more is taken out.
 */

/** The bytes of a file with every secret replaced: the path by which it was asked for, and where that leads. */
export function withoutSecrets(path: string, bytes: Uint8Array, real = path): Uint8Array {
  const der = derOf(bytes)
  if (der) return der === 'certificate' ? bytes : Buffer.from(`${removed}\n`)
  const text = Buffer.from(bytes).toString('latin1')
  const clean = withoutNamed(ofPlace(path, real, text))
  return clean === text ? bytes : Buffer.from(clean, 'latin1')
}

/** The bytes of a log, as far as a program can know what is secret in them. */
export const withoutSecretsOfLog = (bytes: Uint8Array): Uint8Array =>
  Buffer.from(logText(Buffer.from(bytes).toString('latin1')), 'latin1')

/** What a command printed; `logs` where the texts of logs are wanted. */
export function withoutSecretsOf(argv: readonly string[], stdout: string, logs = false): string {
  if (/(?:^|\/)journalctl$/.test(argv[0] ?? '')) return journalOf(stdout, logs)
  return withoutNamed(withoutComments(stdout))
}

export { kernelRecord } from './redaction/logs.ts'
export { removed, withoutNamed }
