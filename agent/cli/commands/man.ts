import { manPage } from '../render/man.ts'
import type { CommandTree } from '../render/tree.ts'
import { readVersion } from '../version.ts'
import { type Common, type Exit, print } from './common.ts'
import { here } from './output.ts'

/** Prints the manual page, for this program under the name by which it was called. */
export function man(tree: CommandTree, options: Common): Exit {
  const { command = 'agent' } = here(options)
  print(manPage({ ...tree, name: command }, readVersion()))
  return 0
}
