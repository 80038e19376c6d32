import type { Example } from './examples.ts'

export const memory: readonly Example[] = []
