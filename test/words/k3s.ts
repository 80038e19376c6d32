import type { Example } from './examples.ts'

export const k3s: readonly Example[] = []
