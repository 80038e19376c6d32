import type { Pattern } from './pattern.ts'
import { databases } from './patterns/databases.ts'
import { node } from './patterns/node.ts'
import { workload } from './patterns/workload.ts'

/** What Murphy looks for in the logs of containers unless told more. */
export const patterns: readonly Pattern[] = [...databases, ...node, ...workload]
