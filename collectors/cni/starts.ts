import type { Cause } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'

/** What k3s takes down and makes again; what is gone after it has not come back. */
export const starts: readonly Cause[] = ['k3s.restarted', 'k3s.killed', 'k3s.rebooted'].map((code) => ({
  code,
  within: 5 * minute,
}))
