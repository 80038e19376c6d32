import type { Properties, Settings } from '../model/index.ts'

/** The settings as they are when nothing is said. */
export function defaults<P extends Properties>(properties: P): Settings<P> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, it]) => (it.default === undefined ? [] : [[key, it.default]])),
  ) as Settings<P>
}
