import { type Collector, heartbeatReports, heartbeatTypes, type Properties } from '../model/index.ts'
import { day, second } from '../text/times.ts'

/** The keys of the settings file, with what they may hold; `schema.ts` puts them together. */

/** Keys that every sink has in addition to its own. */
export const sinkProperties = {
  name: {
    type: 'string',
    description: 'The name of this sink in `agent status`; default: its type.',
    pattern: '^[\\w.-]{1,40}$',
  },
  min: {
    type: 'string',
    description: 'The lowest severity that this sink gets.',
    enum: ['info', 'warning', 'critical'],
    default: 'warning',
  },
  keep_open: {
    type: 'boolean',
    description:
      'Keeps a connection open by an OPTIONS request every 50 s, so that messages get out even after a firewall drops new connections.',
    default: true,
  },
  only_when: {
    type: 'array',
    description: 'Names of other sinks: this one is only used once all of them have failed for five minutes.',
    items: { type: 'string' },
  },
  weekly: {
    type: 'string',
    description: 'When this sink gets a digest of the week, as "mon 09:00"; default: never.',
    pattern: `^(?:sun|mon|tue|wed|thu|fri|sat) (?:[01]\\d|2[0-3]):[0-5]\\d$`,
  },
} as const satisfies Properties

/** As the settings name them; their place is the number of the day. */
export const weekdays: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const timeOfDay = '(?:[01]\\d|2[0-3]):[0-5]\\d'

/** Keys of every time of the week that comes again and again. */
const windowProperties = {
  days: {
    type: 'array',
    description: 'The days on which it begins, as mon, tue, wed, thu, fri, sat, sun; default: every day.',
    items: { type: 'string', pattern: `^(?:${weekdays.join('|')})$` },
  },
  from: { type: 'string', description: 'When it begins, as "22:00".', pattern: `^${timeOfDay}$` },
  to: {
    type: 'string',
    description: 'When it ends, as "07:00" or "24:00"; on the next day where that is before `from`.',
    pattern: `^(?:${timeOfDay}|24:00)$`,
  },
  zone: { type: 'string', description: 'Its time zone; default: that of the whole file.' },
} as const satisfies Properties

/** Keys of quiet hours. */
export const quietProperties = {
  ...windowProperties,
  pass: {
    type: 'string',
    description: 'The mildest severity that is sent all the same, or nothing.',
    enum: ['warning', 'critical', 'nothing'],
    default: 'critical',
  },
  sinks: {
    type: 'array',
    description: 'The names of the sinks that they are for; default: all.',
    items: { type: 'string' },
  },
} as const satisfies Properties

/** Keys of a maintenance window. */
export const maintenanceProperties = {
  ...windowProperties,
  what: {
    type: 'string',
    description: 'What is not sent, as `agent silence` takes it: all, an area, a code, a subject.',
    pattern: '^[\\x20-\\x7e]{1,300}$',
    default: 'all',
  },
  why: { type: 'string', description: 'Why, as `agent status` shows it.', pattern: '^.{1,200}$' },
} as const satisfies Properties

/** Keys that every collector has in addition to its own; `every` defaults to the collector's own schedule. */
export const collectorProperties = (it: Collector) =>
  ({
    enabled: { type: 'boolean', description: `Whether this check runs (${it.title}).`, default: true },
    every: {
      type: 'string',
      description: 'When it runs if nothing wakes it: a cron expression with seconds.',
      default: it.every,
    },
  }) as const satisfies Properties

/** Keys that every heartbeat has beside its secrets. */
export const heartbeatProperties = {
  name: {
    type: 'string',
    description: 'The name of this heartbeat in `agent status`; needed where there are several.',
    pattern: '^[\\w.-]{1,40}$',
    default: 'heartbeat',
  },
  type: {
    type: 'string',
    description: 'The service; default: by the form of the URL.',
    enum: heartbeatTypes,
  },
  every_seconds: {
    type: 'integer',
    description:
      'How often it is pinged; the service should wait for two periods before it raises the alarm.',
    default: 60,
    minimum: 2,
    maximum: day / second,
  },
  report: {
    type: 'string',
    description:
      'What it says of the node: `alive` nothing, as the sinks do; `critical` that it fails while something critical is open; `exit-status` the exit code of `agent status`.',
    enum: heartbeatReports,
    default: 'alive',
  },
  start: {
    type: 'boolean',
    description:
      'Also pings /start when Murphy starts: healthchecks.io then raises the alarm where the first checks do not end within its grace time.',
    default: false,
  },
  method: {
    type: 'string',
    description: 'For a URL with places of its own: POST sends a line of text as the body.',
    enum: ['GET', 'POST'],
  },
} as const satisfies Properties

/** The keys at the top of the file. */
export const generalProperties = {
  node: {
    type: 'string',
    description: 'The name of this node in messages; default: its host name.',
  },
  cluster: {
    type: 'string',
    description: 'What the cluster is called in messages, to tell several apart.',
    pattern: '^[\\w. -]{1,40}$',
  },
  runbook_url: {
    type: 'string',
    description:
      'Your own instructions, linked from each message: {code} is replaced by the code of the finding.',
    pattern: '^https?://\\S{1,300}$',
  },
  zone: {
    type: 'string',
    description:
      'The time zone of quiet hours, maintenance and weekly digests; default: that of this machine.',
  },
  state_dir: { type: 'string', description: 'The directory of the state.', pattern: '^/' },
  socket: { type: 'string', description: 'The unix socket that answers `agent status`.', pattern: '^/' },
  log_level: {
    type: 'string',
    description: 'The lowest level that is logged.',
    enum: ['debug', 'info', 'warn', 'error'],
    default: 'info',
  },
  remind_hours: {
    type: 'number',
    description: 'Reminds of an incident that is still open after so many hours; 0: never.',
    default: 24,
    minimum: 0,
    maximum: 8760,
  },
  messages_per_10_minutes: {
    type: 'number',
    description:
      'The most new messages a sink gets in ten minutes: the gravest one by one, the rest as one message that grows; edits do not count.',
    default: 6,
    minimum: 4,
    maximum: 1000,
  },
  metrics_listen: {
    type: 'string',
    description:
      'Also answers Prometheus on this address, such as 127.0.0.1:9797; absent: on the unix socket alone.',
    pattern: '^([A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$',
  },
  metrics_web_config: {
    type: 'string',
    description:
      'TLS and passwords for metrics_listen: a web.config.file as exporters of Prometheus have it.',
    pattern: '^/',
  },
  metrics_textfile: {
    type: 'string',
    description:
      "Writes the metrics there every minute, for node_exporter's textfile collector: /folder/name.prom.",
    pattern: '^/.+\\.prom$',
  },
} as const satisfies Properties

/** Keys of `kubernetes`: without them Murphy writes nothing anywhere. */
export const kubernetesProperties = {
  conditions: {
    type: 'boolean',
    description: "Keeps conditions on this node's Node object, for `kubectl describe node`.",
    default: false,
  },
  events: {
    type: 'boolean',
    description: 'Writes an event about this node for each problem that opens and each that is resolved.',
    default: false,
  },
} as const satisfies Properties
