/** Steps of several findings in one message: which of them are the same, however worded. Pure and total. */

/** How much of a step is compared, characters and commands. Bounded, because steps hold text from outside. */
const longestStep = 500
const mostCommands = 4
/** A step of fewer words says too little to be found within another. */
const fewestWords = 3

/** What a step does, and where. */
interface Identity {
  /** Commands as typed; empty where a step has none. */
  readonly commands: readonly string[]
  /** The machine: `server`, `agent`, a name; empty for this node, and for what asks the API, from wherever. */
  readonly place: string
  /** Of a step without commands, what it says, without words that carry no meaning. */
  readonly words: ReadonlySet<string>
}

/** The steps that do not repeat an earlier one, or one of those in `before`. */
export const unsaid = (steps: readonly string[], before: readonly string[] = []): readonly string[] => {
  const known = before.map(identityOf)
  return steps.filter((step) => {
    const it = identityOf(step)
    if (isSaid(it, known)) return false
    known.push(it)
    return true
  })
}

/**
 * The prohibitions that repeat no earlier one, whatever reason each gives, and name no command that is a step: a
 * message that asks for what it forbids helps nobody.
 */
export function unforbidden(avoid: readonly string[], steps: readonly string[]): readonly string[] {
  const asked = new Set(steps.flatMap((it) => identityOf(it).commands))
  const heads: Identity[] = []
  return avoid.filter((text) => {
    const it = identityOf(text.split(/:| until /, 1)[0] ?? '')
    if (it.commands.some((one) => asked.has(one)) || isSaid(it, heads)) return false
    heads.push(it)
    return true
  })
}

/** Whether earlier steps do all that this one does, at the same place. */
function isSaid(it: Identity, known: readonly Identity[]): boolean {
  if (it.commands.length === 0)
    return known.some(({ commands, words }) => commands.length === 0 && isWithin(it.words, words))
  const there = new Set(known.filter(({ place }) => place === it.place).flatMap(({ commands }) => commands))
  return it.commands.every((one) => there.has(one))
}

const isWithin = (words: ReadonlySet<string>, others: ReadonlySet<string>) =>
  words.size >= fewestWords
    ? words.isSubsetOf(others)
    : words.size === others.size && words.isSubsetOf(others)

const none: ReadonlySet<string> = new Set()

function identityOf(step: string): Identity {
  const text = step.slice(0, longestStep)
  const commands = Array.from(text.matchAll(/`([^`]+)`/g), ([, it = '']) => it)
    .slice(0, mostCommands)
    .flatMap((it) => [it, ...it.split(/ && |; /)])
    .map((it) =>
      it
        .replace(/\s+/g, ' ')
        .trim()
        .replace(/^sudo /, ''),
    )
  const rest = text.replace(/`[^`]*`/g, ' ')
  return {
    commands: [...new Set(commands)],
    place: commands.every(isOfCluster) ? '' : placeOf(rest),
    words: commands.length === 0 ? wordsOf(rest) : none,
  }
}

/** Of the cluster, so that it does the same on every machine. */
const isOfCluster = (command: string) => /^kubectl /.test(command)

function placeOf(text: string): string {
  const [, kind = ''] =
    /\bon (?:(?:a|the|this|each|every|one|all|another|any) )?(server|agent)s?\b/i.exec(text) ?? []
  const [, name = ''] = /\bon ([\w.-]*\d[\w.-]*)(?=[:,]| \()/i.exec(text) ?? []
  return (kind || name).toLowerCase()
}

const empty = new Set(
  'a again also an and at first here it its now of on once or the then this to too'.split(' '),
)
const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}/][\p{L}\p{N}._/-]*/gu) ?? [])
      .map((it) => it.replace(/[.]+$/, ''))
      .filter((it) => !empty.has(it)),
  )
