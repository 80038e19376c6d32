import type { Finding } from './finding.ts'
import type { Incident } from './incident.ts'

/** By these one alert is told from another: the same labels are the same alert. */
export type Labels = Readonly<Record<string, string>>

/** One thing that a service is told to be so, again and again for as long as it is, and for a while that it is over. */
export interface Standing {
  readonly labels: Labels
  /** When that was first said, ms. */
  readonly starts: number
  /** When it ended, ms. */
  readonly ended?: number
  /** Absent for what is no finding, and for a finding that is no longer known. */
  readonly finding?: Finding
  readonly incident?: Incident
}
