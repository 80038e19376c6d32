import t from 'tap'
import { all } from './kinds.ts'
import { apart, faulty, tried } from './tried.ts'

for (const kind of all.filter(({ name }) => apart.includes(name) && !faulty.includes(name))) tried(t, kind)
