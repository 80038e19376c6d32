import type { Candidate, Cause, Finding, Rules } from '../../model/index.ts'

/** Findings by code: one ledger, which is not changed afterwards. */
export type ByCode = ReadonlyMap<string, readonly Finding[]>

/** Whether two findings have in common what an edge asks for. */
export function shares(a: Finding, b: Finding, same: Cause['same']): boolean {
  if (same === undefined) return true
  if (same === 'subject') return a.subject === b.subject
  if (same === 'pod') return a.pod !== undefined && podOf(a) === podOf(b)
  const [one, other] = [a.evidence?.[same], b.evidence?.[same]].map((it) => `${it ?? ''}`.split(/, ?/))
  return one?.some((it) => it !== '' && other?.includes(it)) === true
}

const podOf = ({ pod }: Finding) => pod && `${pod.namespace}/${pod.name}`

/**
 * The findings of a code that may have in common with another what an edge asks for. Of hundreds of pods in trouble each
 * is held against its own findings alone, so that the work grows with their number and not with its square.
 */
export function sharing(code: string, it: Finding, same: Cause['same'], byCode: ByCode): readonly Finding[] {
  if (same !== 'subject' && same !== 'pod') return byCode.get(code) ?? []
  const key = same === 'pod' ? podOf(it) : it.subject
  return key === undefined ? [] : (indexOf(code, same, byCode).get(key) ?? [])
}

type Index = ReadonlyMap<string | undefined, readonly Finding[]>
const indexes = new WeakMap<ByCode, Map<string, Index>>()

function indexOf(code: string, same: 'subject' | 'pod', byCode: ByCode): Index {
  const known = indexes.get(byCode) ?? new Map<string, Index>()
  indexes.set(byCode, known)
  const index =
    known.get(`${same} ${code}`) ??
    Map.groupBy(byCode.get(code) ?? [], (it) => (same === 'pod' ? podOf(it) : it.subject))
  known.set(`${same} ${code}`, index)
  return index
}

/** What an edge leads from, but of something else: what is no candidate, for who asks why. The nearest in time first. */
export function strangers(finding: Finding, rules: Rules, byCode: ByCode): readonly Candidate[] {
  const far = ({ onset }: Finding) => Math.abs(finding.onset.to - onset.to)
  return (rules[finding.code]?.because ?? [])
    .flatMap((edge) =>
      (byCode.get(edge.code) ?? [])
        .filter((cause) => cause !== finding && !shares(cause, finding, edge.same))
        .map((cause): Candidate => ({ cause, edge, verdict: 'another subject' })),
    )
    .sort((a, b) => far(a.cause) - far(b.cause))
}
