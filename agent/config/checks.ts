import { Errors } from 'typebox/schema'
import { Settings as Library } from 'typebox/system'
import type { Read } from './document.ts'
import { explain, keyText, type Path, type Problem, placeOf, type SchemaError } from './problems.ts'

// By default the library stops after eight errors; whoever corrects a file wants to see all of them.
Library.Set({ maxErrors: 1000 })

/** Collects what is wrong with one settings file. */
export interface Checks {
  /** In the order in which they were found. */
  readonly problems: readonly Problem[]
  /** Adds a problem at `path`. `unknown`: the last part of the path is a key that no schema has. */
  problem(path: Path, words: string, unknown?: boolean): void
  /** Checks a value against a schema; `at` is its path from the top of the file. */
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
      // The library can fail a value without reporting an error, when its list of errors is full.
      if (!fits && problems.length === before) problem(at, 'more is wrong here than can be listed')
    },
  }
}

/** The value if it is a mapping, else an empty one. */
export const group = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}

function keysAt(schema: object, path: readonly string[]): readonly string[] {
  const at = path.reduce<unknown>((it, key) => group(group(it).properties)[key], schema)
  return Object.keys(group(group(at).properties))
}
