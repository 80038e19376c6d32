import { Errors } from 'typebox/schema'
import { Settings as Library } from 'typebox/system'
import type { Read } from './document.ts'
import { explain, keyText, type Path, type Problem, placeOf, type SchemaError } from './problems.ts'

// By default the library stops after eight errors; whoever corrects a file wants to see all of them.
Library.Set({ maxErrors: 1000 })

/** What is found wrong with one settings file, as it is gone through. */
export interface Checks {
  /** In the order in which they were found. */
  readonly problems: readonly Problem[]
  /** Something is wrong at `path`, whose last part is an `unknown` key where nobody knows it. */
  problem(path: Path, words: string, unknown?: boolean): void
  /** Checks a value against a schema, naming places as seen from the top of the file. */
  check(schema: object, value: unknown, at: Path): void
}

/** `file` is only for naming it. */
export function openChecks(file: string, read: Read): Checks {
  const problems: Problem[] = []
  const problem: Checks['problem'] = (path, words, unknown = false) => {
    problems.push({ file, key: keyText(path, unknown), text: words, ...placeOf(read, path) })
  }
  return {
    problems,
    problem,
    check(schema, value, at) {
      const before = problems.length
      const [fits, errors] = Errors(schema as never, value as never)
      for (const error of errors as readonly SchemaError[]) {
        const below = error.instancePath.split('/').slice(1)
        for (const { path, text, unknown } of explain(error, keysAt(schema, below)))
          problem([...at, ...path], text, unknown)
      }
      // The library stops counting before it has said what is wrong.
      if (!fits && problems.length === before) problem(at, 'more is wrong here than can be listed')
    },
  }
}

/** A group of keys; an empty one of what is none. */
export const group = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}

function keysAt(schema: object, path: readonly string[]): readonly string[] {
  const at = path.reduce<unknown>((it, key) => group(group(it).properties)[key], schema)
  return Object.keys(group(group(at).properties))
}
