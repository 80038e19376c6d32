import { baseRuleOwner, chainOwner, type Owner, tableOwner } from '../dump/owners.ts'
import type { KeptRules } from './kept-rules.ts'

/** The rules of one owner in one table that were deleted (`went`) and added (`came`). */
export interface Difference {
  readonly owner: Owner
  /** `ipv4 nft filter`, `inet firewalld` */
  readonly place: string
  readonly went: readonly string[]
  readonly came: readonly string[]
}

interface Line {
  readonly owner: Owner
  readonly place: string
  readonly text: string
}

/** Compares the printed rules and policies of two kept rule sets; their order does not count. Pure. */
export function diffRules(
  before: readonly KeptRules[],
  after: readonly KeptRules[],
  podNetworks: readonly string[],
): readonly Difference[] {
  const counts = new Map<string, Line & { count: number }>()
  const add = (parts: readonly KeptRules[], by: number) => {
    for (const line of parts.flatMap((it) => linesOf(it, podNetworks))) {
      const key = `${line.place}\n${line.text}`
      const it = counts.get(key) ?? { ...line, count: 0 }
      it.count += by
      counts.set(key, it)
    }
  }
  add(before, -1)
  add(after, 1)
  const found = new Map<string, { owner: Owner; place: string; went: string[]; came: string[] }>()
  for (const { owner, place, text, count } of counts.values()) {
    if (count === 0) continue
    const key = `${owner}\n${place}`
    const it = found.get(key) ?? { owner, place, went: [], came: [] }
    found.set(key, it)
    for (let times = Math.abs(count); times > 0; times -= 1) (count < 0 ? it.went : it.came).push(text)
  }
  // Changes by people and their tools first; Kubernetes' constant changes last.
  const rank = (owner: Owner) => order.indexOf(owner)
  return [...found.values()].sort((a, b) => rank(a.owner) - rank(b.owner) || (a.place < b.place ? -1 : 1))
}

const order: readonly Owner[] = [
  'other',
  'ufw',
  'firewalld',
  'fail2ban',
  'docker',
  'flannel',
  'cni',
  'kube-proxy',
  'kube-router',
]

function linesOf({ part, lines }: KeptRules, podNetworks: readonly string[]): Line[] {
  if (part === 'ipset') return []
  if (!part.startsWith('ipv')) {
    const owner = tableOwner(part.split(' ')[1] ?? '')
    return lines.filter((it) => it.startsWith('\t\t')).map((it) => ({ owner, place: part, text: it.trim() }))
  }
  const found: Line[] = []
  let table = ''
  let builtIn = new Set<string>()
  for (const line of lines) {
    if (line.startsWith('*')) {
      table = line.slice(1)
      builtIn = new Set()
    } else if (line.startsWith(':')) {
      const [name = '', policy = '-'] = line.slice(1).split(' ')
      if (policy === '-') continue
      builtIn.add(name)
      found.push({ owner: 'other', place: `${part} ${table}`, text: `-P ${name} ${policy}` })
    } else if (line.startsWith('-A ')) {
      const chain = line.split(' ', 2)[1] ?? ''
      const owner = builtIn.has(chain) ? baseRuleOwner(line, podNetworks) : (chainOwner(chain) ?? 'other')
      found.push({ owner, place: `${part} ${table}`, text: line })
    }
  }
  return found
}
