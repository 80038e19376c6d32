import { createHash, randomBytes } from 'node:crypto'

/** A hash that no password has, as dear as the dearest of theirs: an unknown user must take as long as a known one. */
function nobody(users: Readonly<Record<string, string>>): string {
  const cost = Math.max(4, ...Object.values(users).map((it) => Number(it.split('$')[2]) || 0))
  return `$2b$${String(cost).padStart(2, '0')}$CwTycUXWue0Thq9StjUM0uJ8ODxnpTWqQ7hE9JfF9VvKFcMZ8vYGe`
}
/** How many that were right are remembered: as many as there may be scrapers. */
const most = 100
/** The pause after a wrong password, ms: whoever tries them all may not keep the node busy, nor get far. */
const penance = 1000
/** How many wait for their turn; who comes then is sent away. */
const longestQueue = 4

/** Whether whoever asks has said who they are, by `Authorization: Basic`. */
export interface Accounts {
  /** `busy`: too many passwords are being tried. */
  check(users: Readonly<Record<string, string>>, header: string | undefined): Promise<'yes' | 'no' | 'busy'>
}

/**
 * Passwords held against bcrypt hashes. What was right is remembered by a keyed sum, as exporter-toolkit does: bcrypt is
 * meant to take long, and a scrape comes every few seconds. One at a time.
 */
export function accounts(pause = penance): Accounts {
  const salt = randomBytes(16)
  const known = new Set<string>()
  let queue: Promise<unknown> = Promise.resolve()
  let waiting = 0

  async function compare(hash: string, password: string): Promise<boolean> {
    const { compare } = await import('bcryptjs')
    const right = await compare(password, hash)
    if (!right) await new Promise((resolve) => setTimeout(resolve, pause).unref())
    return right
  }
  return {
    async check(users, header = '') {
      const [, code = ''] = /^Basic ([A-Za-z0-9+/=]{1,1000})$/i.exec(header) ?? []
      if (code === '') return 'no'
      const [, user = '', password = ''] =
        /^([^:]*):(.*)$/s.exec(Buffer.from(code, 'base64').toString()) ?? []
      const hash = Object.hasOwn(users, user) ? users[user] : undefined
      const sum = createHash('sha256')
        .update(salt)
        .update(JSON.stringify([user, password, hash]))
        .digest('hex')
      if (hash !== undefined && known.has(sum)) return 'yes'
      if (waiting >= longestQueue) return 'busy'
      waiting += 1
      const turn = queue.then(() => compare(hash ?? nobody(users), password))
      queue = turn
        .catch(() => undefined)
        .finally(() => {
          waiting -= 1
        })
      if (!(await turn) || hash === undefined) return 'no'
      known.add(sum)
      for (const oldest of known) if (known.size > most) known.delete(oldest)
      return 'yes'
    },
  }
}
