/** What a release writes into its install.sh. */
export interface Stamp {
  /** Where it is published: https://, http:// or file://, or a folder. Absent, what the text says stays. */
  readonly place?: string
  /** The version it is shipped with. */
  readonly pinned: string
  /** Whose signature is believed: SubjectPublicKeyInfo, base64 in one line, one or two. */
  readonly keys: readonly string[]
}

/** What may stand there: it goes between single quotes of a script that root runs. */
const allowed = {
  place: /^(?:(?:https?|file):\/\/|\/)[\w.~:/@%+-]+$/,
  pinned: /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/,
  keys: /^[A-Za-z0-9+/]+={0,2}(?: [A-Za-z0-9+/]+={0,2})?$/,
} as const

/** The text of install.sh with its three empty lines filled in; each has to be there exactly once. */
export function stamped(text: string, { place, pinned, keys }: Stamp): string {
  const values = { place, pinned, keys: keys.join(' ') }
  return Object.entries(values).reduce((it, [name, value]) => {
    const [line, more] = it.match(new RegExp(`^${name}='[^'\n]*'$`, 'gm')) ?? []
    if (line === undefined || more !== undefined)
      throw new Error(`install.sh must hold one line ${name}='', and holds ${line ? 'several' : 'none'}`)
    if (value === undefined) return it
    if (!allowed[name as keyof typeof allowed].test(value))
      throw new Error(`${value} cannot be written to install.sh as ${name}`)
    return it.replace(line, () => `${name}='${value}'`)
  }, text)
}

/** Where an install.sh says that it is published; undefined where it says nothing. */
export const placeOf = (text: string): string | undefined => /^place='([^'\n]+)'$/m.exec(text)?.[1]
