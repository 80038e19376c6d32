import { createHash } from 'node:crypto'
import type { Incident, NotificationRecord } from '../../model/index.ts'

/** The id of a notice, from what makes it that one. Of the form that all services take. */
export const idOf = (...parts: readonly string[]) =>
  `murphy_${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)}`

/** The id of the notice that what a sink was told of is part of `into`: another each time that it turns out so. */
export const mergedId = ({ incident, at }: Pick<NotificationRecord, 'incident' | 'at'>, into: Incident) =>
  idOf(incident, 'merged', into.id, String(at))
