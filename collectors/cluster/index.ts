import { collector } from '../../agent/model/index.ts'
import { assess } from './assess.ts'
import { collect } from './collect.ts'
import { measures } from './measures.ts'
import { rules } from './rules.ts'
import { summary } from './summary.ts'

/** The other nodes, as a server sees them: which one has fallen silent, and which server says so. */
export const cluster = collector({
  name: 'cluster',
  title: 'other nodes',
  // Every second round asks, and each while something is wrong: a lost node is known within 30 s of the API.
  every: '5,15,25,35,45,55 * * * * *',
  timeout: 30_000,
  measures,
  rules,
  settings: {},
  collect: (host, _settings, past) => collect(host, past),
  assess: (sample, _past, _settings, now) => assess(sample, now),
  absent: ({ role }) => (role ? undefined : 'never'),
  summary: (sample, _settings, now) => summary(sample, now),
})
