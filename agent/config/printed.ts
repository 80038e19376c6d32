import { stringify } from 'yaml'
import type { Sink } from '../model/index.ts'
import { hour } from '../text/times.ts'
import type { Config } from './config.ts'
import { printedHeartbeat } from './heartbeats.ts'
import { formPattern } from './schema.ts'
import { ownZone, printedWindow, weeklyText } from './windows.ts'

/** Stands for a secret that is written into the file itself: the name of a credential, which the check takes. */
const hidden = 'hidden'

/**
 * The settings as `agent config print` shows them: a whole file that `agent config check` takes, without secrets. A
 * secret in a file or a credential is named by it.
 */
export function printed(config: Config, sinks: readonly Sink[]): string {
  const { node, letterhead, stateDir, socket, logLevel, remind, mostMessages, metrics, collectors } = config
  const all = config.sinks.map(({ name, type, min, keepOpen, onlyWhen, weekly, settings, forms = {} }) => {
    const properties = sinks.find((it) => it.name === type)?.settings ?? {}
    const isSecret = (key: string) => {
      const schema = properties[key]
      return schema?.type === 'string' && schema.secret === true
    }
    const shown = Object.entries(settings).flatMap(([key, value]): [string, unknown][] => {
      const named = Object.keys(forms).some((it) => it.replace(formPattern, '') === key)
      if (!isSecret(key)) return [[key, value]]
      return named || value === undefined || value === '' ? [] : [[`${key}_credential`, hidden]]
    })
    return {
      ...{ type, name, min, keep_open: keepOpen },
      ...(onlyWhen && { only_when: onlyWhen }),
      ...(weekly && { weekly: weeklyText(weekly) }),
      ...{ ...Object.fromEntries(shown), ...forms },
    }
  })
  return stringify(
    {
      node,
      ...(letterhead.cluster !== undefined && { cluster: letterhead.cluster }),
      ...(letterhead.runbookUrl !== undefined && { runbook_url: letterhead.runbookUrl }),
      zone: config.zone ?? ownZone(),
      state_dir: stateDir,
      socket,
      log_level: logLevel,
      remind_hours: remind / hour,
      messages_per_10_minutes: mostMessages,
      ...(metrics.listen && { metrics_listen: metrics.listen }),
      ...(metrics.webConfig && { metrics_web_config: metrics.webConfig }),
      ...(metrics.textfile && { metrics_textfile: metrics.textfile }),
      collectors: Object.fromEntries(
        Object.entries(collectors).map(([name, it]) => [
          name,
          { enabled: it.enabled, every: it.every, ...it.settings },
        ]),
      ),
      kubernetes: config.kubernetes,
      sinks: all,
      ...(config.quiet.length > 0 && {
        quiet: config.quiet.map(({ passes, sinks: of, ...it }) => ({
          ...printedWindow(it),
          ...{ pass: passes, ...(of && { sinks: of }) },
        })),
      }),
      ...(config.maintenance.length > 0 && {
        maintenance: config.maintenance.map(({ what, why, ...it }) => ({
          ...printedWindow(it),
          ...{ what, ...(why !== undefined && { why }) },
        })),
      }),
      ...(config.heartbeats.length > 0 && {
        heartbeats: config.heartbeats.map((it) => printedHeartbeat(it, hidden)),
      }),
    },
    { lineWidth: 0 },
  )
}
