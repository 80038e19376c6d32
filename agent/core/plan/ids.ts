import { createHash } from 'node:crypto'

/** The id of a notice, from what makes it that one. Of the form that all services take. */
export const idOf = (...parts: readonly string[]) =>
  `murphy_${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)}`
