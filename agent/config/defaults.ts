import type { Properties, Settings } from '../model/index.ts'

/** The default values of settings; keys without a default are absent. */
export function defaults<P extends Properties>(properties: P): Settings<P> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, it]) => (it.default === undefined ? [] : [[key, it.default]])),
  ) as Settings<P>
}
