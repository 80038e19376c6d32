import type { Example } from './examples.ts'

export const cni: readonly Example[] = []
