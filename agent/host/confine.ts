import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { HostError } from '../model/index.ts'

/** The capabilities of the unit, in setpriv's words. The kernel hands them to every child that does not lay them down. */
export const held = ['dac_read_search', 'net_admin', 'net_raw', 'syslog'] as const
export type Capability = (typeof held)[number]

/**
 * What each command cannot do without, measured with iptables 1.8.9, nftables 1.0.6, ipset 7.17 and systemd
 * 252 (`test/real/children.test.ts`): who asks netfilter needs CAP_NET_ADMIN; iptables prints a match of an ipset
 * (each network policy has some) only with a raw socket to ask it by, and the legacy backend opens one anyway, and
 * /proc/net/ip_tables_names, which is root's; journals are root's. What is not named gets nothing.
 */
export const needs: ReadonlyMap<string, readonly Capability[]> = new Map<string, readonly Capability[]>([
  ['nft', ['net_admin']],
  ['ipset', ['net_admin']],
  ['iptables-nft-save', ['net_admin', 'net_raw']],
  ['ip6tables-nft-save', ['net_admin', 'net_raw']],
  ['xtables-nft-multi', ['net_admin', 'net_raw']],
  // Without a backend in its name it may be either one.
  ['iptables-save', ['dac_read_search', 'net_admin', 'net_raw']],
  ['ip6tables-save', ['dac_read_search', 'net_admin', 'net_raw']],
  ['iptables-legacy-save', ['dac_read_search', 'net_admin', 'net_raw']],
  ['ip6tables-legacy-save', ['dac_read_search', 'net_admin', 'net_raw']],
  ['xtables-legacy-multi', ['dac_read_search', 'net_admin', 'net_raw']],
  ['journalctl', ['dac_read_search']],
])

/** Where the tools of the node are, whatever the caller's PATH; daemons and cron often lack sbin. */
export const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

const setpriv = '/usr/bin/setpriv'
/** Whether children can be given less than Murphy has: it takes util-linux's setpriv. */
export const canConfine = existsSync(setpriv)

/** The program that a command names. Throws a HostError `missing` where there is none. */
export function programOf(name: string): string {
  const found = (name.includes('/') ? [name] : folders.map((it) => join(it, name))).find(isProgram)
  if (found) return found
  throw new HostError('missing', `running \`${name}\`: there is no command ${name} on this machine`)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * `argv` as it is to be started: without the capabilities it does not need, and with `parent` ended by the
 * kernel when the agent is, however that ends (prctl PR_SET_PDEATHSIG; a child that waits for the next line of
 * `nft monitor` would not notice). A program that another than root could have put there gets none. It only
 * ever lays down: to add what is not had would fail for who runs Murphy without its unit. The names are listed,
 * since `-all` is refused where the kernel knows more capabilities than setpriv does. It costs 1.2 ms.
 */
export function confined(argv: readonly string[], { parent = false } = {}): readonly string[] {
  if (!canConfine) return argv
  const [program = ''] = argv
  const needed = (ofRoot(program) && needs.get(basename(program))) || []
  const less = held.filter((it) => !needed.includes(it)).map((it) => `-${it}`)
  return [setpriv, `--inh-caps=${less.join()}`, ...(parent ? ['--pdeathsig', 'KILL'] : []), '--', ...argv]
}

const othersWrite = 0o002

/** Root's alone to replace: it and every folder above it, where links lead. */
export function ofRoot(path: string): boolean {
  try {
    for (let at = realpathSync(path); ; at = dirname(at)) {
      const { uid, mode } = statSync(at)
      if (uid !== 0 || mode & othersWrite) return false
      if (at === '/') return true
    }
  } catch {
    return false
  }
}

/** What setpriv says (util-linux) when the program it was to become could not be started; undefined for any other answer. */
export function notStarted(exit: number, stderr: string): Error | undefined {
  if (!canConfine || (exit !== 126 && exit !== 127)) return undefined
  const [said] = /^setpriv: .*/.exec(stderr) ?? []
  const code = said?.endsWith('Permission denied') ? 'EACCES' : undefined
  return said === undefined ? undefined : Object.assign(new Error(said), { code })
}
