import { together } from './run-together.ts'

/** Test files that run in one process: one, or several small ones. */
export type Files = readonly string[]

/**
 * Which test files run beside which. Two cores are kept busy for all of the time: `lanes` run side by side, the files of
 * one after the other, and beside them, as the first lane waits for most of its time, what is left. Who is done takes
 * from `rest`.
 */
export interface Plan {
  readonly lanes: readonly (readonly Files[])[]
  /** The longest first, so that none is left alone at the end. */
  readonly rest: Files[]
}

/** These wait for most of their time (for patience to end, for holds to be over), and read the kernel's log. */
const patient = /^test\/real\/(incident|systemd)\.test\.ts$/
/**
 * These have processes killed for want of memory, or fill the kernel's log, of which a machine has one: after the
 * patient ones, and one after the other. `forged-kills` wants a log without fresh kills, and `kills` a minute without any,
 * which has just passed when `systemd` is over.
 */
const killers = [
  /\/real\/forged-kills\./,
  /\/real\/kills\./,
  /\/real\/(memory|leak|pods|hostile|postgres-lines)\./,
  // It wants a minute without any first.
  /\/real\/sequences-kills\./,
]
/** These have a machine of their own, and no clock; and what has a network of its own, so that no lane is far longer. */
const apart = [/\/real\/install-killed\./, /\/real\/install/, /\/real\/firewall/]
/** Some tens of seconds each, the longest first. */
const long = [
  ...[/\/fuzz\/kinds\./, /\/year\.test/, /\/fuzz\/nodes\./, /^test\/sequences\//, /\/state\/damage\./],
  ...[/\/commands\.test/, /\/delivery\/(hostile|postman)\./, /\/daemon\/outage\./, /\/systemd\/release[-.]/],
  ...[/\/certs\/der\./, /\/crowded\./, /\/commands\//, /\/config\/secrets\./, /\/structure-loads\./],
]

/** Every file once; they are given from `folder`. */
export function planned(folder: string, files: readonly string[]): Plan {
  const left = new Set(files)
  const take = (pattern: RegExp) => {
    const taken = [...left].filter((it) => pattern.test(it))
    for (const it of taken) left.delete(it)
    return taken
  }
  const waiting = [patient, ...killers].flatMap(take)
  const machines = apart.flatMap(take)
  const firsts = long.flatMap(take)
  const kernel = take(/\/real\//)
  const alone = (it: string): Files => [it]
  return {
    lanes: [waiting, machines, kernel].map((it) => it.map(alone)),
    rest: [...firsts.map(alone), ...together(folder, [...left])],
  }
}
