import { setTimeout as pause } from 'node:timers/promises'

/**
 * What `look` gives once it gives something. Fails after four minutes, as an OOM kill is held for one, or so many as
 * are said, with what there was instead.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  instead: () => unknown = () => '',
  minutes = 4,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + minutes * 60_000
  for (;;) {
    const it = await look()
    if (it !== undefined && it !== null && it !== false) return it as NonNullable<Exclude<T, false>>
    if (Date.now() > end) throw new Error(`waited ${minutes} min in vain until ${what}:\n${await instead()}`)
    await pause(200)
  }
}

/** Until at least so many were counted, and then for half a second no more. */
export async function settled(what: string, count: () => number, least = 0): Promise<void> {
  await until(what, () => count() >= least, count)
  for (let before = -1; before !== count(); ) {
    before = count()
    await pause(500)
  }
}
