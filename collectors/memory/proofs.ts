import type { Proof } from '../../agent/model/index.ts'

/** The kill was for want of memory on the node, not at a limit. */
export const byNode: Proof = (_, { evidence }) => evidence?.['because the node ran out'] !== undefined

/** The storm names it among those that it hit. */
export const inStorm: Proof = ({ evidence }, { subject }) =>
  `${evidence?.containers ?? ''}`.split(', ').includes(subject)
