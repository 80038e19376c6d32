import type { Pattern } from './pattern.ts'
import { databases } from './patterns/databases.ts'
import { node } from './patterns/node.ts'
import { proofs } from './patterns/proofs.ts'
import { workload } from './patterns/workload.ts'

/** The patterns that Murphy brings along; the settings can add more. */
export const patterns: readonly Pattern[] = [...databases, ...node, ...workload, ...proofs]
