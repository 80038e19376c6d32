import { causes } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'

/** What k3s takes down and makes again; what is gone after it has not come back. */
export const starts = causes(
  { code: 'k3s.restarted', within: 5 * minute },
  { code: 'k3s.killed', within: 5 * minute },
  { code: 'k3s.rebooted', within: 5 * minute },
)
