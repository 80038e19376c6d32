import { causes } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'

/** k3s removes and recreates the pod network when it starts; what is missing afterwards was not recreated. */
export const starts = causes(
  { code: 'k3s.restarted', within: 5 * minute },
  { code: 'k3s.killed', within: 5 * minute },
  { code: 'k3s.rebooted', within: 5 * minute },
)
