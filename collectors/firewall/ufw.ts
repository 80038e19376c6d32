import type { Host } from '../../agent/model.ts'
import { orMissing } from '../node/k3s.ts'
import type { Family } from './sample.ts'

/** What ufw's own files say; `ufw status` asks for root and takes long. */
export interface Ufw {
  readonly enabled: boolean
  /** DROP, REJECT or ACCEPT. */
  readonly input?: string
  /** False where ufw leaves IPv6 alone. */
  readonly ipv6?: false
  /** How many rules people gave it: lines of user.rules and user6.rules for its chains `ufw-user-input`, `-forward` and `-output`. */
  readonly user?: Readonly<Partial<Record<Family, number>>>
}

/** Whose change is worth a look. */
export const ufwFiles = [
  '/etc/ufw/ufw.conf',
  '/etc/default/ufw',
  '/etc/ufw/user.rules',
  '/etc/ufw/user6.rules',
] as const

const setting = (text: string, key: string) =>
  new RegExp(`^\\s*${key}=["']?(\\w+)`, 'm').exec(text)?.[1] ?? undefined

/** `ufw-user-input` and the like, where people's own rules are; ufw adds nothing of its own to them. */
export const isUserChain = (chain: string) => /^ufw6?-user-(input|forward|output)$/.test(chain)

/** The rules for such chains in a file that ufw gives to `iptables-restore`. */
export const userRules = (text: string) =>
  text.split('\n').filter((it) => it.startsWith('-A ufw') && isUserChain(it.slice(3, it.indexOf(' ', 3))))
    .length

/** Undefined where ufw is not installed. Throws a HostError where its files may not be read. */
export async function readUfw(host: Host): Promise<Ufw | undefined> {
  const state = await orMissing(host.text('/etc/ufw/ufw.conf'))
  if (state === undefined) return undefined
  const defaults = (await orMissing(host.text('/etc/default/ufw'))) ?? ''
  const input = setting(defaults, 'DEFAULT_INPUT_POLICY')?.toUpperCase()
  const enabled = setting(state, 'ENABLED')?.toLowerCase() === 'yes'
  const [ipv4, ipv6] = enabled
    ? await Promise.all([
        orMissing(host.text('/etc/ufw/user.rules')),
        orMissing(host.text('/etc/ufw/user6.rules')),
      ])
    : []
  const user = {
    ...(ipv4 !== undefined && { ipv4: userRules(ipv4) }),
    ...(ipv6 !== undefined && { ipv6: userRules(ipv6) }),
  }
  return {
    enabled,
    ...(input && { input }),
    ...(setting(defaults, 'IPV6')?.toLowerCase() === 'no' && { ipv6: false as const }),
    ...(Object.keys(user).length > 0 && { user }),
  }
}
