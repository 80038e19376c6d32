import type { Beat, HeartbeatSettings } from '../../../../agent/model/index.ts'

/** A beat and settings for tests: only what a test cares about has to be said. */
export const beat = (it: Partial<Beat> = {}): Beat => ({
  ...{ kind: 'alive', node: 'node1', exit: 0, fails: false, took: 41.6, text: 'node1: all well, 6 checks' },
  ...it,
})

export const settings = (it: Partial<HeartbeatSettings> & { readonly url: string }): HeartbeatSettings => ({
  ...{ type: 'url', report: 'alive' },
  ...it,
})
