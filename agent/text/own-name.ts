/** What this program is called where nothing else is said. */
export const usualName = 'agent'

/** A name under which a shell may find it; undefined for anything else. */
export const ownName = (called: string | undefined): string | undefined =>
  called !== undefined && /^[a-z][a-z0-9-]{0,30}$/.test(called) ? called : undefined

/** A text with the commands of this program, in backticks, under the name that it has there: `agent` may be another. */
export const underName = (text: string, name = usualName): string =>
  name === usualName ? text : text.replace(/`(sudo )?agent (?=[a-z-])/g, `\`$1${name} `)
