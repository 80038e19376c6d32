import t from 'tap'
import { all } from './kinds.ts'
import { apart, tried } from './tried.ts'

/** Every kind but those that take whole nodes through everything, which are tried beside this. */
for (const kind of all.filter(({ name }) => !apart.includes(name))) tried(t, kind)
