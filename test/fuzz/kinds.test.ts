import t from 'tap'
import { all } from './kinds.ts'
import { tried } from './tried.ts'

/** Every kind but those that take whole nodes through everything, which are tried beside this. */
for (const kind of all.filter((it) => !['nodes', 'state', 'processes'].includes(it.name))) tried(t, kind)
