import type { Host } from '../../../agent/model/index.ts'
import { orMissing } from '../../node/k3s.ts'
import type { Family } from '../cells.ts'

/** Rules in ufw's chains that come from its files; those that ufw adds by itself do not count. */
export interface UfwRules {
  /** Added by people with `ufw allow` and the like: user.rules and user6.rules. */
  readonly user: number
  /** Added by people who edit the files: before.rules, after.rules and their IPv6 twins. */
  readonly frame: number
}

/** What ufw's own files say. They are read because `ufw status` needs root and is slow. */
export interface Ufw {
  readonly enabled: boolean
  /** DROP, REJECT or ACCEPT. */
  readonly input?: string
  /** False where ufw leaves IPv6 alone. */
  readonly ipv6?: false
  /**
   * How many rules its files hold for chains of the filter table; absent where they could not be read or one line may
   * be several rules.
   */
  readonly rules?: Readonly<Partial<Record<Family, Partial<UfwRules>>>>
}

const folder = '/etc/ufw'
const files: Readonly<Record<Family, Readonly<Record<keyof UfwRules, readonly string[]>>>> = {
  ipv4: { user: ['user.rules'], frame: ['before.rules', 'after.rules'] },
  ipv6: { user: ['user6.rules'], frame: ['before6.rules', 'after6.rules'] },
}

/** Files whose change should start a collector run. */
export const ufwFiles: readonly string[] = [
  `${folder}/ufw.conf`,
  '/etc/default/ufw',
  ...Object.values(files).flatMap(({ user, frame }) => [...user, ...frame].map((it) => `${folder}/${it}`)),
]

const setting = (text: string, key: string) =>
  new RegExp(`^[ \\t]*${key}=["']?(\\w+)`, 'm').exec(text)?.[1] ?? undefined

const chains = /^ufw6?-(user|before|after)-(?:input|forward|output)$/
/** When ufw starts it links people's rules into its own chains (ufw-init-functions; measured with ufw 0.36). */
const hanging = / -j ufw6?-user-(input|forward|output)$/

/** Which of ufw's files the rules of a chain come from, if any. */
export function ufwPart(chain: string): keyof UfwRules | undefined {
  const part = chains.exec(chain)?.[1]
  if (part === undefined) return undefined
  return part === 'user' ? 'user' : 'frame'
}

/** Whether a rule in one of ufw's chains comes from its files. */
export const isFiled = (rule: string) => !hanging.test(rule)

const addressed = / (?:-s|-d|--src|--dst|--source|--destination) (\S+)/g

/**
 * How many rules of a part a file holds, in the form in which ufw passes it to `iptables-restore`. Undefined where one
 * line may be several rules: `-s 192.0.2.1,192.0.2.2`, `-s a-name`.
 */
export function filedRules(text: string, wanted: keyof UfwRules): number | undefined {
  let count = 0
  for (const line of text.split('\n')) {
    const rule = line.trim()
    if (!rule.startsWith('-A ufw') || !isFiled(rule)) continue
    if (ufwPart(rule.slice(3, rule.indexOf(' ', 3))) !== wanted) continue
    if ([...rule.matchAll(addressed)].some(([, it = '']) => !/^[\d.:a-f/]+$/i.test(it))) return undefined
    count += 1
  }
  return count
}

/** Undefined where ufw is not installed. Throws a HostError where its files may not be read. */
export async function readUfw(host: Host): Promise<Ufw | undefined> {
  const state = await orMissing(host.text('/etc/ufw/ufw.conf'))
  if (state === undefined) return undefined
  const defaults = (await orMissing(host.text('/etc/default/ufw'))) ?? ''
  const input = setting(defaults, 'DEFAULT_INPUT_POLICY')?.toUpperCase()
  const enabled = setting(state, 'ENABLED')?.toLowerCase() === 'yes'
  const rules = enabled ? { ipv4: await filedIn(host, 'ipv4'), ipv6: await filedIn(host, 'ipv6') } : undefined
  return {
    enabled,
    ...(input && { input }),
    ...(setting(defaults, 'IPV6')?.toLowerCase() === 'no' && { ipv6: false as const }),
    ...(rules && { rules }),
  }
}

/** Files that are missing or cannot be counted are left out, and then not compared. */
async function filedIn(host: Host, family: Family): Promise<Partial<UfwRules>> {
  const found: { -readonly [K in keyof UfwRules]?: number } = {}
  for (const part of ['user', 'frame'] as const) {
    const texts = await Promise.all(files[family][part].map((it) => orMissing(host.text(`${folder}/${it}`))))
    const counts = texts.map((it) => (it === undefined ? undefined : filedRules(it, part)))
    if (counts.every((it) => it !== undefined)) found[part] = counts.reduce((sum, it) => sum + it, 0)
  }
  return found
}
