import type { Example } from './examples.ts'

export const pods: readonly Example[] = []
