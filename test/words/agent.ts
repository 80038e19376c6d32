import type { Example } from './examples.ts'

export const agent: readonly Example[] = []
