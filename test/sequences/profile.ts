/**
 * How the collectors look, where it has changed since sequences are measured: so that the core that was and the core
 * that is can be measured on the same sequences, each with the looks that came with it.
 */
export interface Profile {
  /** While something of a collector is open, it looks this often, ms; 0: at its own pace. */
  readonly openEvery: number
  /** `one`: a flush is one finding of the node. `each`: every one is a finding of its own, by family and table. */
  readonly flushes: 'one' | 'each'
  /** `last`: the last start of k3s. `each`: every start is an event of its own. */
  readonly starts: 'last' | 'each'
  /** Whether a crash of k3s is told from a restart, and links that go down at a start are not flapping. */
  readonly crashes: boolean
  /** Whether looks say what they do not judge yet so soon after a start of k3s, and when things were last well. */
  readonly early: boolean
  /** How long after its last kill a storm is told, ms, and whether then in the past tense. */
  readonly stormHeld: number
  readonly stormPast: boolean
  /** Settings that cut everything off are asked this often, ms; 0: with each look only. */
  readonly settingsPoll: number
  /** The other node is asked over the overlay this often, ms; 0: it is not. */
  readonly reachPoll: number
}

const minute = 60_000

export const profiles = {
  former: {
    openEvery: 0,
    flushes: 'one',
    starts: 'last',
    crashes: false,
    early: false,
    stormHeld: 15 * minute,
    stormPast: false,
    settingsPoll: 0,
    reachPoll: 0,
  },
  present: {
    openEvery: 10_000,
    flushes: 'each',
    starts: 'each',
    crashes: true,
    early: true,
    stormHeld: 10 * minute,
    stormPast: true,
    settingsPoll: 5_000,
    reachPoll: 10_000,
  },
} as const satisfies Readonly<Record<string, Profile>>

let chosen: Profile = profiles.present

export const profile = (): Profile => chosen
export function choose(name: keyof typeof profiles): void {
  chosen = profiles[name]
}
