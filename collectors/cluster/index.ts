import { collector } from '../../agent/model/index.ts'
import { assess } from './assess.ts'
import { collect } from './collect.ts'
import { measures } from './measures.ts'
import { pace } from './pace.ts'
import { rules } from './rules.ts'
import { summary } from './summary.ts'

/** The other nodes, as a server sees them: which one has fallen silent, and which server says so. */
export const cluster = collector({
  name: 'cluster',
  title: 'other nodes',
  // A lost node is known within 30 s of the API: once something is wrong, it is asked twice as often.
  every: '5,25,45 * * * * *',
  soon: ({ lost, silent, unseen }) => (lost || silent || unseen ? pace : undefined),
  timeout: 30_000,
  measures,
  rules,
  settings: {},
  collect: (host, _settings, past) => collect(host, past),
  assess: (sample, _past, _settings, now) => assess(sample, now),
  absent: ({ role }) => (role ? undefined : 'never'),
  summary: (sample, _settings, now) => summary(sample, now),
})
