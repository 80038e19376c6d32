import type { Example } from './examples.ts'

export const certs: readonly Example[] = []
