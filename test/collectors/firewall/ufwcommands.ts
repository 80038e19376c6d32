const whom = [
  '22',
  '22/tcp',
  'SSH',
  'WWW',
  '80,443/tcp',
  '22,80/tcp',
  '20:30/tcp',
  'log 22/tcp',
  'from 192.0.2.0/24',
  'from 192.0.2.2 to any port 22 proto tcp',
  'from 198.51.100.0/24',
  'from 198.51.100.7 to any port 22',
  'to 192.0.2.1 port 22',
  'in on v0',
  'in on v0 to any port 22 proto tcp',
  'in on eth9 from 192.0.2.0/24',
  'proto udp to any port 22',
]
/** Each as often as its weight. */
const verbs = ['allow', 'allow', 'deny', 'limit', 'reject']
const settings = [
  'default deny',
  'default deny',
  'default reject',
  'default allow',
  'logging high',
  'logging low',
]

/** What people type, one after the other, made from a seed: each leaves another rule set. */
export function ufwCommands(seed: number, count: number): readonly string[] {
  let state = seed
  // Numerical Recipes' linear congruential generator; its high bits are the good ones.
  const pick = <T>(of: readonly T[]) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return of[Math.floor((state / 2 ** 32) * of.length)] as T
  }
  let rules = 0
  return Array.from({ length: count }, (_, at) => {
    if (at % 8 === 7) return `ufw ${pick(settings)}`
    // Some may be the same, so that there are fewer than were added.
    if (rules > 5 && at % 2) return 'ufw --force delete 1'
    rules += 1
    return `ufw ${pick(['', 'prepend '])}${pick(verbs)} ${pick(whom)}`
  })
}
