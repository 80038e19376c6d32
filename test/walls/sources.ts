import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/**
 * A wall of the house: takes the folder in which `agent/`, `collectors/` and `test/` stand, so that it can be shown to
 * bite in a copy, and gives one sentence, with the reason, for each place where it is broken.
 */
export type Wall = (root: string) => readonly string[]

/** The sources of agent and collectors, by their paths from `root`, sorted. */
export const sourcesOf = (root: string): string[] =>
  ['agent', 'collectors'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`)
      .sort(),
  )

export const textOf = (root: string, path: string): string => readFileSync(join(root, path), 'utf8')

/** One import: a file by its path from the root, a library by its name. */
export interface Import {
  readonly name: string
  /** `import type`: nothing of it is there when it runs. */
  readonly typeOnly: boolean
}

const imports =
  /^(?:import|export)\s+(type\s)?[^'"]*?\bfrom\s+'([^']+)'|\bimport\(\s*'([^']+)'|^import\s+'([^']+)'|\bgetBuiltinModule\('([^']+)'\)/gm

/** What a file imports: types too, since they tie just as much. */
export const importsOf = (root: string, path: string): readonly Import[] =>
  [...textOf(root, path).matchAll(imports)].map(([, typeOnly, ...names]) => {
    const name = names.find((it) => it !== undefined) ?? ''
    return {
      name: name.startsWith('.') ? normalize(join(dirname(path), name)) : name,
      typeOnly: typeOnly !== undefined,
    }
  })

/** Whether a path is one of these files, or in one of these folders (which end with a slash). */
export const under =
  (...places: readonly string[]) =>
  (path: string): boolean =>
    places.some((it) => path === it || (it.endsWith('/') && path.startsWith(it)))
