import { causes, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { cleared } from '../node/cleared.ts'
import { ofNode } from '../node/own-certificates.ts'

/**
 * Every start of k3s that people make, which is when it reads what it needs. Not a crash: k3s crashes because its overlay
 * went.
 */
export const starts = causes(
  { code: 'k3s.restarted', takes: minute },
  ...cleared.map((it) => ({ ...it, takes: minute })),
)

/** With expired certificates k3s fails before it starts flannel (k3s, pkg/agent/run.go). */
export const certificates = causes({
  code: 'certs.expired',
  takes: whileOpen,
  proof: ofNode,
  triggers: starts,
})
