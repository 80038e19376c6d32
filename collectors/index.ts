import type { Collector } from '../agent/model.ts'

/** Every collector, in the order in which the status page shows them. Adding one is one line here. */
export const collectors: readonly Collector[] = []
