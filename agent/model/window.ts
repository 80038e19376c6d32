/** A time of the week by the clock of a zone, again and again; one that ends before it begins ends on the next day. */
export interface Window {
  /** On which days it begins, 0 for Sunday. */
  readonly days: readonly number[]
  /** ms since midnight as the clock shows it, up to a whole day. */
  readonly from: number
  readonly to: number
  /** IANA name of the zone. */
  readonly zone: string
}

/** The mildest severity that is told in quiet hours. */
export type Passes = 'warning' | 'critical' | 'nothing'

/** In these hours a sink is told only what is grave enough; the rest comes at their end. */
export interface QuietWindow extends Window {
  readonly passes: Passes
}

/** In this time nobody is told of what matches, as somebody works there. */
export interface MaintenanceWindow extends Window {
  /** `all`, or one of the names that a silence takes. */
  readonly what: string
  readonly why?: string
}

/** When the digest of a week is due. */
export interface WeeklyTime {
  /** 0 for Sunday. */
  readonly weekday: number
  /** ms since midnight as the clock shows it. */
  readonly at: number
  readonly zone: string
}
