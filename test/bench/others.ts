import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apart } from '../real/monitoring/programs.ts'
import { programOf } from '../tools.ts'
import type { Arrived } from './agent.ts'
import { unpackedIn } from './packages.ts'

/** Another program that watches a node. */
export interface Other {
  readonly name: string
  /** What it is set to. */
  readonly set: string
  /** Writes its settings into a folder of its own, and says how to start it; `url`: where messages go. */
  readonly prepare: (folder: string, url: string) => readonly string[]
  /** Its message that cni0 is missing; absent where it posts none. */
  readonly tells?: (it: Arrived) => boolean
  /** Or the file in its folder in which it writes when it would send one: the time, ns. */
  readonly writes?: string
}

const file = (folder: string, name: string, text: string) => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

/** Alertmanager's webhook, of the first alert. */
const alertsOf = (it: Arrived) =>
  (it.body as { alerts?: { status: string; labels: { alertname: string } }[] }).alerts

const rules = `groups:
  - name: node
    rules:
      - alert: BridgeMissing
        expr: present_over_time(node_network_info{device="cni0"}[1h]) unless on (device) node_network_info{device="cni0"}
`

/** All with Debian's settings or the defaults of their projects, but for where their files are. */
export const others: readonly Other[] = [
  {
    name: 'prometheus-node-exporter',
    set: 'asked by Prometheus every 15 s',
    prepare: () => [programOf('prometheus-node-exporter'), '--web.listen-address=127.0.0.1:9100'],
  },
  {
    name: 'prometheus',
    set: 'asks and judges every 15 s, one rule',
    prepare(folder) {
      file(folder, 'rules.yml', rules)
      const config = `global: { scrape_interval: 15s, evaluation_interval: 15s }
rule_files: [rules.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9093'] }] }] }
scrape_configs: [{ job_name: node, static_configs: [{ targets: ['127.0.0.1:9100'] }] }]
`
      return [
        programOf('prometheus'),
        `--config.file=${file(folder, 'prometheus.yml', config)}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--web.listen-address=127.0.0.1:9090',
        '--log.level=error',
      ]
    },
  },
  {
    name: 'prometheus-alertmanager',
    set: 'with group_wait 30 s, its default',
    prepare(folder, url) {
      const config = `route: { receiver: hook }\nreceivers: [{ name: hook, webhook_configs: [{ url: '${url}' }] }]\n`
      return [
        ...apart,
        programOf('prometheus-alertmanager'),
        `--config.file=${file(folder, 'alertmanager.yml', config)}`,
        `--storage.path=${join(folder, 'data')}`,
        '--web.listen-address=127.0.0.1:9093',
        '--cluster.listen-address=',
        '--log.level=error',
      ]
    },
    tells: (it) =>
      alertsOf(it)?.some(
        ({ status, labels }) => status === 'firing' && labels.alertname === 'BridgeMissing',
      ) ?? false,
  },
  {
    name: 'monit',
    set: 'every 120 s, as Debian sets it; system, k3s, / and cni0',
    prepare(folder) {
      const script = file(folder, 'told', `#!/bin/sh\ndate +%s%N > ${folder}/told-at\n`)
      chmodSync(script, 0o755)
      const config = file(
        folder,
        'monitrc',
        `set daemon 120
set log ${folder}/log
set idfile ${folder}/id
set statefile ${folder}/state
check system node if loadavg (5min) > 100 then exec "/bin/true"
check process k3s matching "k3s-server" if does not exist then exec "/bin/true"
check filesystem root with path / if space usage > 99% then exec "/bin/true"
check network cni0 with interface cni0 if failed link then exec "${script}"
`,
      )
      chmodSync(config, 0o700)
      return [join(unpackedIn, 'usr/bin/monit'), '-I', '-c', config]
    },
    writes: 'told-at',
  },
  {
    name: 'netdata',
    set: 'every second, with the plugins of netdata-core',
    prepare(folder) {
      const usr = join(unpackedIn, 'usr')
      for (const it of ['etc', 'cache', 'lib', 'log']) mkdirSync(join(folder, it), { recursive: true })
      const config = `[global]
  run as user = root
[directories]
  config = ${folder}/etc
  stock config = ${usr}/lib/netdata/conf.d
  log = ${folder}/log
  cache = ${folder}/cache
  lib = ${folder}/lib
  web = ${usr}/share/netdata/web
  plugins = ${usr}/lib/netdata/plugins.d
[web]
  bind to = 127.0.0.1
`
      return [join(usr, 'sbin/netdata'), '-D', '-c', file(folder, 'netdata.conf', config)]
    },
  },
]
