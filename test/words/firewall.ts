import type { Example } from './examples.ts'

export const firewall: readonly Example[] = []
