import type { Finding, Incident, Observation, Rule, Rules } from '../../agent/model/index.ts'

/** Findings and rules for tests of the pure core: only what a test cares about has to be said. */
export const rule = (it: Partial<Rule> = {}): Rule => ({
  severity: 'warning',
  title: 'something is wrong',
  meaning: 'It means something.',
  measured: 'A file.',
  impact: 'Something follows.',
  fix: ['`do this`'],
  ...it,
})

export const finding = (it: Partial<Finding> & { code: string }): Finding => {
  const since = it.since ?? 0
  const subject = it.subject ?? 'node'
  return {
    id: `${it.code}|${subject}|${since}`,
    subject,
    severity: 'warning',
    title: it.code,
    text: `${it.code} is so.`,
    impact: 'Something follows.',
    fix: [],
    since,
    found: since,
    onset: { from: since, to: since },
    seen: since,
    count: 1,
    notifyAt: since,
    ...it,
  }
}

/** The incident of a finding, and of what followed from it. */
export const incidentOf = (
  cause: Finding,
  affected: readonly Finding[] = [],
  more: Partial<Incident> = {},
): Incident => ({
  ...{ id: cause.id, cause, affected, severity: cause.severity, since: cause.since },
  ...{ notifyAt: cause.notifyAt, fix: [], avoid: [] },
  ...(cause.resolved !== undefined && { resolved: cause.resolved }),
  ...more,
})

export const observation = (it: Partial<Observation> & { code: string }): Observation => ({
  subject: 'node',
  text: `${it.code} is so.`,
  ...it,
})

/** Three steps of a cascade, as the collectors declare them. */
export const chain: Rules = {
  'a.cause': rule({ severity: 'critical' }),
  'a.effect': rule({ because: [{ code: 'a.cause', takes: 60_000 }] }),
  'a.later': rule({ because: [{ code: 'a.effect', same: 'subject' }] }),
}
