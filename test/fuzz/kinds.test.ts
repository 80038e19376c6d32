import t from 'tap'
import { all } from './kinds.ts'
import { apart, faulty, tried } from './tried.ts'

/** Every kind but those that take whole nodes through everything, which are tried beside this. */
for (const kind of all.filter(({ name }) => !apart.includes(name) && !faulty.includes(name))) tried(t, kind)
