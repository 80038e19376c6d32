import t from 'tap'
import { nodes } from './kinds/nodes.ts'
import { processes } from './kinds/processes.ts'
import { state } from './kinds/state.ts'
import { tried } from './tried.ts'

for (const kind of [nodes, processes, state]) tried(t, kind)
