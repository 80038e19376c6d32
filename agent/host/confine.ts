import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { HostError } from '../model/index.ts'

/** The unit's capabilities, in setpriv's names. Every child inherits those that are not dropped. */
export const held = ['dac_read_search', 'net_admin', 'net_raw', 'syslog'] as const
export type Capability = (typeof held)[number]

/**
 * The capabilities that each command needs, measured with iptables 1.8.9, nftables 1.0.6, ipset 7.17 and systemd 252
 * (`test/real/children.test.ts`). Netfilter queries need CAP_NET_ADMIN. iptables needs a raw socket (CAP_NET_RAW) to
 * print ipset matches, which every network policy has; its legacy backend always opens one, and reads
 * /proc/net/ip_tables_names, which only root may (CAP_DAC_READ_SEARCH), like journals. Other commands get nothing.
 */
export const needs: ReadonlyMap<string, readonly Capability[]> = new Map<string, readonly Capability[]>([
  ['nft', ['net_admin']],
  ['ipset', ['net_admin']],
  ['iptables-nft-save', ['net_admin', 'net_raw']],
  ['ip6tables-nft-save', ['net_admin', 'net_raw']],
  ['xtables-nft-multi', ['net_admin', 'net_raw']],
  // These may use either backend.
  ['iptables-save', ['dac_read_search', 'net_admin', 'net_raw']],
  ['ip6tables-save', ['dac_read_search', 'net_admin', 'net_raw']],
  ['iptables-legacy-save', ['dac_read_search', 'net_admin', 'net_raw']],
  ['ip6tables-legacy-save', ['dac_read_search', 'net_admin', 'net_raw']],
  ['xtables-legacy-multi', ['dac_read_search', 'net_admin', 'net_raw']],
  ['journalctl', ['dac_read_search']],
  // Its raw socket; the right that its file carries is not given under NoNewPrivileges.
  ['ping', ['net_raw']],
])

/** Where commands are searched, whatever the PATH is: that of daemons and cron often lacks sbin. */
export const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

const setpriv = '/usr/bin/setpriv'
/** Whether children can be started with fewer capabilities than Murphy has: that needs util-linux's setpriv. */
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
 * The `argv` to start so that the command has only the capabilities it needs; none if a user other than root could have
 * replaced the program. With `parent`, the kernel ends it when the agent ends, however that happens (prctl
 * PR_SET_PDEATHSIG): a waiting `nft monitor` would not notice by itself. Capabilities are only dropped, never added,
 * which would fail when Murphy runs without its unit. They are listed by name, since setpriv refuses `-all` where the
 * kernel has capabilities it does not know. Costs 1.2 ms.
 */
export function confined(argv: readonly string[], { parent = false } = {}): readonly string[] {
  if (!canConfine) return argv
  const [program = ''] = argv
  const needed = (ofRoot(program) && needs.get(basename(program))) || []
  const less = held.filter((it) => !needed.includes(it)).map((it) => `-${it}`)
  return [setpriv, `--inh-caps=${less.join()}`, ...(parent ? ['--pdeathsig', 'KILL'] : []), '--', ...argv]
}

const othersWrite = 0o002

/** Whether only root can replace a file: it and all folders above belong to root and are not world-writable. */
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

/** The error if setpriv (util-linux) could not start the program; undefined for any other result. */
export function notStarted(exit: number, stderr: string): Error | undefined {
  if (!canConfine || (exit !== 126 && exit !== 127)) return undefined
  const [said] = /^setpriv: .*/.exec(stderr) ?? []
  const code = said?.endsWith('Permission denied') ? 'EACCES' : undefined
  return said === undefined ? undefined : Object.assign(new Error(said), { code })
}
