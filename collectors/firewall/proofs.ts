import type { Proof } from '../../agent/model/index.ts'

/** Nothing but rules of k3s went: `k3s-killall.sh` leaves those of ufw and of everybody else, and the policies. */
export const lostOnlyK3s: Proof = (_, { evidence }) => evidence?.lost !== undefined

/** Pods are cut off from each other by a policy that flannel's rules would come before. */
export const notForwarded: Proof = (_, { evidence }) =>
  /\bpods-(?:in|out|local)\b/.test(`${evidence?.blocked ?? ''}`) &&
  /^(?:policy|docker|ufw)\b/.test(`${evidence?.by ?? ''}`)
