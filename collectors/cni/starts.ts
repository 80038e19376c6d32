import { causes, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { ofNode } from '../node/own-certificates.ts'

/**
 * What takes the pod network away, for k3s to make anew. A mere restart of k3s does not: links, rules and containers
 * outlive it (measured on k3s 1.21 and 1.36). What is gone is gone at once; what a start has not made yet is not held
 * against it, and was last seen well before it.
 */
export const cleared = causes({ code: 'k3s.killed', takes: minute }, { code: 'k3s.rebooted', takes: minute })

/**
 * Every start of k3s that people make, which is when it reads what it needs. Not a crash: k3s crashes because its overlay
 * went.
 */
export const starts = causes({ code: 'k3s.restarted', takes: minute }, ...cleared)

/** With expired certificates k3s fails before it starts flannel (k3s, pkg/agent/run.go). */
export const certificates = causes({
  code: 'certs.expired',
  takes: whileOpen,
  proof: ofNode,
  triggers: starts,
})
