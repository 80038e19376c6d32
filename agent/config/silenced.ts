import { didYouMean } from '../text/near.ts'

/** Names of units are subjects, though some begin as a code does: `k3s.service`. */
const unit = /\.(?:service|socket|timer|mount|slice|scope|target)$/

/**
 * What is wrong with the `what` of a maintenance window, which would then hide nothing, as a sentence that does not quote
 * it. Undefined where it may match: subjects are not known beforehand, so only what looks like something else is refused.
 * `codes`: those of all rules.
 */
export function whatFlaw(what: string, codes: readonly string[]): string | undefined {
  const areas = [...new Set(codes.map((it) => it.split('.')[0] ?? ''))]
  if (/^[^/|]*\.blind(?:$|[/|])|^agent(?:$|\.)/.test(what))
    return 'that Murphy cannot see or send is never hidden'
  const [code = ''] = what.split(/[/|]/)
  const [area = ''] = code.split('.')
  if (what.endsWith('*'))
    return `a * is no placeholder; write ${areas.includes(area) ? `${area} for all of its codes` : 'all, an area, a code, a subject or a pod'}`
  const isCode = /^[a-z0-9]+\.[a-z-]+$/.test(code) && areas.includes(area) && !unit.test(code)
  if (isCode && !codes.includes(code)) return `is no code${didYouMean(code, codes)}`
  const words = ['all', ...areas]
  // With a digit it may be an interface: cni0 is no cni.
  const meant = /^[A-Za-z_-]{3,30}$/.test(what) && !words.includes(what) ? didYouMean(what, words) : ''
  return meant === ''
    ? undefined
    : `no area has this name${meant} A subject of this name is written behind its code: CODE/SUBJECT`
}
