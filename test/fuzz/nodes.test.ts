import t from 'tap'
import { all } from './kinds.ts'
import { apart, tried } from './tried.ts'

for (const kind of all.filter(({ name }) => apart.includes(name))) tried(t, kind)
