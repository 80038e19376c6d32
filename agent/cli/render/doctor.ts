import type { Snapshot } from '../../api/snapshot.ts'
import type { HeartbeatState, Incident, Ran, Severity, Space, Terminal } from '../../model/index.ts'
import { severityOfAll } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { listed, many } from '../../text/lists.ts'
import { size } from '../../text/sizes.ts'
import { table } from '../../text/table.ts'
import { paint, type Style, shownOn, wrap } from '../../text/terminal.ts'
import { clockIn } from '../../text/zones.ts'
import { nameOf } from './incident.ts'
import { quietText } from './rows.ts'

/** One thing that the doctor looked at. */
export interface Ailment {
  readonly area: string
  /** `info`: worth knowing, and nothing that is wrong with Murphy. */
  readonly state: Severity | 'ok' | 'unknown'
  readonly text: string
  /** What to do about it, a step each. */
  readonly fix?: readonly string[]
}

/** What the doctor says. */
export interface Diagnosis {
  readonly node: string
  readonly cluster?: string
  readonly state: Snapshot['state']
  readonly machine: string
  readonly rows: readonly Ailment[]
}

/** Bits of capabilities (capabilities(7), linux/capability.h), and what Murphy does not see without each. */
const needed = [
  [2, 'CAP_DAC_READ_SEARCH', "k3s's folders: certificates, logs of pods, CNI's addresses"],
  [12, 'CAP_NET_ADMIN', 'firewall rules, bridge and overlay'],
  [13, 'CAP_NET_RAW', 'rules of iptables-legacy'],
  [34, 'CAP_SYSLOG', 'the kernel log: OOM kills'],
] as const

/** Of /proc/PID/status (proc(5)): the effective capabilities of the agent, or of whoever asks where none runs. */
export function privileges(status: string | undefined, isAgent: boolean): Ailment {
  const [, hex] = /^CapEff:\s*([0-9a-f]{16})$/m.exec(status ?? '') ?? []
  const who = isAgent ? 'the agent' : 'you'
  if (hex === undefined)
    return { area: 'privileges', state: 'unknown', text: `What ${who} may do cannot be read from /proc.` }
  const mask = BigInt(`0x${hex}`)
  const missing = needed.filter(([bit]) => ((mask >> BigInt(bit)) & 1n) === 0n)
  if (missing.length === 0)
    return { area: 'privileges', state: 'ok', text: `${who} can read all that is to be checked` }
  const text = missing.map(([, name, hides]) => `no ${name}: hides ${hides}`).join('; ')
  const fix = isAgent
    ? [
        'See whether a drop-in takes AmbientCapabilities away: `systemctl cat murphy`',
        '`systemctl restart murphy`',
      ]
    : ['Run it as root: `sudo agent doctor`']
  return { area: 'privileges', state: 'warning', text, fix }
}

/** A row for each check; what is blind or partial with its remedy. */
export const checks = (collectors: Snapshot['collectors'], isAgent: boolean): readonly Ailment[] =>
  collectors
    .filter((it) => it.state !== 'off')
    .map((it): Ailment => {
      const reasons = it.unseen.filter((one) => !one.unrecorded).map((one) => one.why)
      const area = it.name
      if (it.state === 'waiting') return { area, state: 'unknown', text: 'has not checked yet' }
      if (reasons.length === 0)
        return it.state === 'blind'
          ? { area, state: 'warning', text: 'blind', fix: [`\`agent explain ${area}.blind\``] }
          : { area, state: 'ok', text: it.absent ? it.summary : 'sees all that it checks' }
      const word = it.state === 'blind' ? 'blind' : 'partial'
      const fix = [...new Set(reasons.flatMap((one) => remedy(one, isAgent)))]
      return {
        area,
        state: it.state === 'blind' ? 'warning' : 'ok',
        text: `${word}: ${listed(reasons, 3)}`,
        fix: fix.length > 0 ? fix : [`\`agent explain ${area}.blind\``],
      }
    })

/** What to do where something could not be seen, by why; nothing where the reason itself names a command. */
export function remedy(why: string, isAgent: boolean): readonly string[] {
  if (why.includes('`')) return []
  if (/permission denied|not permitted|EACCES|EPERM|only for root/i.test(why))
    return [
      isAgent
        ? 'See what the unit may not do: `journalctl -u murphy -n 50 --no-pager`'
        : 'Run it as root: `sudo agent doctor`',
    ]
  if (/timeout|timed out|did not answer|no answer/i.test(why))
    return ['See how busy the node is, then run `agent doctor` again: `uptime`']
  const [, program] = /(?:no such command|there is no|not installed)[: ]+([\w.-]{2,40})/i.exec(why) ?? []
  return program ? [`Install ${program}, then \`systemctl restart murphy\``] : []
}

/** Less than this, in bytes, is too little for what Murphy remembers: some 20 MiB, and as much again to write it anew. */
const leastRoom = 64 * 2 ** 20

export function stateFolder(path: string, space: Space | string): Ailment {
  const area = 'state'
  if (typeof space === 'string') return { area, state: 'unknown', text: `${path}: ${space}` }
  const text = `${path}, ${size(space.available)} free of ${size(space.size)}`
  return space.available < leastRoom
    ? {
        area,
        state: 'warning',
        text: `${text}: too little`,
        fix: [`See how full its disk is: \`df -h ${path}\``],
      }
    : { area, state: 'ok', text }
}

/**
 * Of `timedatectl show` and `timedatectl show-timesync` (timedatectl(1)); undefined where they could not be run.
 * `severity`: that of the finding of the same thing, so that status and doctor say the same.
 */
export function clock(shown: Ran | undefined, timesync: Ran | undefined, severity: Severity): Ailment {
  const area = 'clock'
  const value = (ran: Ran | undefined, key: string) =>
    new RegExp(`^${key}=(.*)$`, 'm').exec(ran?.stdout ?? '')?.[1]
  const synchronized = value(shown, 'NTPSynchronized')
  const server = value(timesync, 'ServerName')
  if (synchronized === undefined)
    return {
      ...{ area, state: 'unknown', text: 'timedatectl does not say whether the clock is synchronized' },
      fix: ['`timedatectl status`'],
    }
  if (synchronized === 'yes')
    return { area, state: 'ok', text: `synchronized${server ? ` by ${server}` : ''}` }
  return {
    ...{ area, state: severity },
    text: 'not synchronized: a wrong clock makes valid certificates fail',
    // Without such a service, set-ntp fails: "NTP not supported".
    fix:
      value(shown, 'CanNTP') === 'no'
        ? ['On Debian or Ubuntu: `apt-get install systemd-timesyncd`']
        : ['`timedatectl set-ntp true`', '`timedatectl status`'],
  }
}

/** Whether /var/log/journal is there: with `Storage=auto` that makes the journal persistent (journald.conf(5)). */
export const journal = (isThere: boolean): Ailment =>
  isThere
    ? { area: 'journal', state: 'ok', text: 'persistent' }
    : {
        ...{ area: 'journal', state: 'warning' },
        text: 'not persistent: why a node went down is lost when it starts again',
        fix: ['`mkdir -p /var/log/journal`', '`systemctl restart systemd-journald`'],
      }

/** A sink: what a test message came to, or else what is known of it. */
export function sinkRow(
  {
    name,
    failing,
    gone,
    lastSent,
    quiet,
  }: Pick<Snapshot['sinks'][number], 'name' | 'failing' | 'gone' | 'lastSent' | 'quiet'>,
  tested: string | true | undefined,
  now: number,
): Ailment {
  const area = `sink ${name}`
  const hush = quiet ? `. ${quietText(quiet, now, undefined)}` : ''
  if (tested === true) return { area, state: 'ok', text: `test message accepted${hush}` }
  const trouble = tested ?? gone ?? failing?.why
  if (trouble !== undefined)
    return {
      ...{
        area,
        state: 'critical',
        text: `${tested === undefined ? 'failing' : 'test message failed'}: ${trouble}`,
      },
      fix: [`\`agent notify --test --sink ${name}\``],
    }
  const sent = lastSent === undefined ? 'nothing sent yet' : `last sent ${duration(now - lastSent)} ago`
  return { area, state: 'ok', text: `${sent} (agent doctor --send tries it)${hush}` }
}

/**
 * What is written to Kubernetes, where the settings ask for it: what a trial came to, or else what the agent knows of it.
 * It writes nothing by itself, so its failing hides nothing from whom it tells otherwise.
 */
export function kubernetesRow(
  { conditions, events }: { readonly conditions: boolean; readonly events: boolean },
  kept: Pick<Snapshot['sinks'][number], 'failing' | 'lastSent'> | undefined,
  tried: string | true | undefined,
  now: number,
): readonly Ailment[] {
  const area = 'kubernetes'
  const what = listed([...(conditions ? ['conditions'] : []), ...(events ? ['events'] : [])], 2)
  if (!what) return []
  if (tried === true) return [{ area, state: 'ok', text: `${what} would be accepted (nothing was written)` }]
  const trouble = tried ?? kept?.failing?.why
  if (trouble !== undefined)
    return [
      {
        ...{ area, state: 'warning', text: `${what}: ${trouble}` },
        fix: [tried === undefined ? '`agent doctor --send`' : '`agent explain agent.kubernetes-refused`'],
      },
    ]
  const written =
    kept?.lastSent === undefined ? 'nothing written yet' : `last written ${duration(now - kept.lastSent)} ago`
  return [{ area, state: 'ok', text: `${what}: ${written} (agent doctor --send tries it)` }]
}

/** What nobody is told of, as somebody asked for it or works there. */
export const silenceRow = ({ what, until, why }: Snapshot['silences'][number], now: number): Ailment => ({
  ...{ area: 'silenced', state: 'info' },
  text: `${what} until ${clockIn(undefined, until, now)} (${duration(until - now)})${why ? `: ${why}` : ''}`,
})

/** A heartbeat: what a ping came to, or else what is known of it. */
export function heartbeatRow(
  { name, held, failing, lastSent }: Partial<HeartbeatState> & Pick<HeartbeatState, 'name'>,
  tested: string | true | undefined,
  now: number,
): Ailment {
  const area = `heartbeat ${name}`
  if (held !== undefined)
    return { area, state: 'critical', text: `not sent, as Murphy does not work as it should: ${held}` }
  if (tested === true) return { area, state: 'ok', text: 'ping accepted' }
  const trouble = tested ?? failing?.why
  if (trouble !== undefined)
    return {
      ...{ area, state: 'critical', text: `${tested === undefined ? 'failing' : 'ping failed'}: ${trouble}` },
      fix: ['Correct its url under `heartbeats:` in /etc/murphy/config.yaml', '`systemctl restart murphy`'],
    }
  const sent = lastSent === undefined ? 'nothing sent yet' : `last sent ${duration(now - lastSent)} ago`
  return { area, state: 'ok', text: `${sent} (agent doctor --send tries it)` }
}

/** Where the metrics are shown. Nobody but Prometheus misses them: the agent tells people as ever. */
export function metricsRow({ place, failing }: NonNullable<Snapshot['exposed']>[number]): Ailment {
  if (failing === undefined) return { area: 'metrics', state: 'ok', text: place }
  const key = place.startsWith('/') ? 'metrics_textfile' : 'metrics_listen'
  return {
    ...{ area: 'metrics', state: 'warning', text: `${place}: ${failing.why}` },
    fix: [`Correct it under \`${key}:\` in /etc/murphy/config.yaml`, '`systemctl restart murphy`'],
  }
}

/** How the node itself is: its state is part of the doctor's own, and what that is of has to stand below it. */
export function nodeRow(incidents: readonly Incident[], isAgent: boolean): Ailment {
  const open = incidents.filter((it) => it.resolved === undefined && it.severity !== 'info')
  const [first] = open
  const area = 'node'
  if (!first) return { area, state: 'ok', text: 'no incident' }
  return {
    ...{ area, state: severityOfAll(open) },
    text: `${many(open.length, 'incident')}${open.length > 1 ? ', first' : ''}: ${nameOf(first)}`,
    fix: [isAgent ? '`agent status`' : '`agent check`'],
  }
}

const order = { critical: 4, warning: 3, unknown: 2, info: 1, ok: 0 } as const

/** The gravest of what the doctor saw and of the node's own state. */
export const gravestState = (
  rows: readonly Pick<Ailment, 'state'>[],
  node: Snapshot['state'],
): Snapshot['state'] =>
  rows.reduce<Snapshot['state']>(
    (worst, { state }) => (state !== 'info' && order[state] > order[worst] ? state : worst),
    node,
  )

const styles: Readonly<Record<Ailment['state'], Style>> = {
  ...{ ok: 'green', warning: 'yellow', critical: 'red', unknown: 'yellow', info: 'cyan' },
}

/** One screen: the machine, then a row for each thing, what is wrong first. Ends with a line break. */
export function renderDoctor({ node, state, machine, rows }: Diagnosis, terminal: Terminal): string {
  const wrong = rows.filter((it) => !['ok', 'info'].includes(it.state) && it.area !== 'node').length
  const dot = terminal.ascii ? '*' : '●'
  const word = state === 'ok' ? 'ALL WELL' : state.toUpperCase()
  const found = wrong > 0 ? many(wrong, 'problem') : 'Murphy sees and sends all that it should'
  const sorted = rows.toSorted((a, b) => order[b.state] - order[a.state])
  return [
    `${paint(terminal, styles[state], dot)} ${paint(terminal, 'bold', shownOn(terminal, node))}  ${paint(terminal, styles[state], word)}    ${found}${machine ? `\n${wrap(terminal, machine, 2)}` : ''}`,
    table(
      terminal,
      ['WHAT', 'STATE', 'DETAILS'],
      sorted.map((it) => ({
        cells: [
          { text: it.area },
          { text: it.state === 'ok' ? 'ok' : it.state.toUpperCase(), style: styles[it.state] },
          { text: it.text },
        ],
        notes: (it.fix ?? []).map((step) => `Fix: ${step}`),
      })),
    ),
  ]
    .join('\n\n')
    .concat('\n')
}
