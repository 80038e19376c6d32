import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import t, { type Test } from 'tap'
import { metricsText } from '../../agent/api/metrics.ts'
import { counted } from '../agent/api/one-of-everything.ts'
import { picture } from '../agent/small.ts'
import { programOf } from '../tools.ts'
import { answerOf, freePort, program, until, withoutPrograms } from './monitoring/programs.ts'

const root = join(import.meta.dirname, '../..')
const monitoring = join(root, 'docs/monitoring')
const skip = withoutPrograms()
const promtool = (args: readonly string[], input = '') =>
  execFileSync(programOf('promtool'), args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })

t.test('the rules are as promtool wants them, and do what their test says', { skip }, async (t) => {
  t.match(promtool(['check', 'rules', join(monitoring, 'murphy.rules.yml')]), /SUCCESS/)
  t.match(promtool(['test', 'rules', join(monitoring, 'murphy.rules.test.yml')]), /SUCCESS/)
  t.match(promtool(['check', 'config', '--syntax-only', join(monitoring, 'prometheus.yml')]), /SUCCESS/)
})

/** The agent as it is run, on this machine, with its metrics in all three places. */
async function agent(t: Test, folder: string) {
  const socket = join(folder, 'agent.sock')
  const port = await freePort()
  const file = join(folder, 'textfile/murphy.prom')
  mkdirSync(join(folder, 'textfile'))
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=node1', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', join(folder, 'murphy.key'), '-out', join(folder, 'murphy.crt')],
    ],
    { stdio: 'ignore' },
  )
  writeFileSync(
    join(folder, 'web.yml'),
    `tls_server_config: { cert_file: murphy.crt, key_file: murphy.key }\nbasic_auth_users: { prometheus: "${hashSync('murphy', 10)}" }\n`,
  )
  writeFileSync(
    join(folder, 'config.yaml'),
    `node: node1
cluster: home
state_dir: ${folder}/state
socket: ${socket}
metrics_listen: 127.0.0.1:${port}
metrics_web_config: ${folder}/web.yml
metrics_textfile: ${file}
`,
  )
  const child = spawn(process.execPath, ['agent/main.ts', 'run', '--config', join(folder, 'config.yaml')], {
    cwd: root,
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { socket, port, file, child, ended }
}

/** The metrics by the unix socket; empty while it is not there. */
const bySocket = (socket: string) =>
  new Promise<string>((resolve) => {
    const it = request({ socketPath: socket, path: '/metrics' }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve(text))
    })
    it.on('error', () => resolve(''))
    it.end()
  })

/** Answers as an agent that has something of everything to show: this machine has no k3s. */
async function everything(t: Test): Promise<number> {
  const numbers = counted()
  const restarts = Array.from({ length: 300 }, (_, at) => ({
    ...{ name: 'container_restarts', value: at },
    labels: { namespace: 'shop', pod: `web-${at}`, container: 'app' },
  }))
  const measured = [...numbers.measured.filter((it) => it.name !== 'container_restarts'), ...restarts]
  const sinks = picture.sinks.map((it) => ({ ...it, lastSent: 1 }))
  const text = await metricsText({ ...picture, sinks, cluster: 'other' }, { ...numbers, measured })
  t.equal(promtool(['check', 'metrics'], text), '', 'promtool has nothing to say of all there is')
  const port = await freePort()
  const server = createServer((_, response) => response.end(text))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return port
}

/** Names of the metrics that have a value in Prometheus's text format. */
const namesIn = (text: string) =>
  new Set([...text.matchAll(/^(murphy_\w+)[{ ]/gm)].map(([, name = '']) => name))

t.test('a real agent, scraped by a real Prometheus in every way', { skip, timeout: 120_000 }, async (t) => {
  // Short, as the path of a socket has to be.
  const folder = mkdtempSync(join(tmpdir(), 'prom-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { socket, port, file, child, ended } = await agent(t, folder)
  const exporter = await freePort()
  program(t, 'prometheus-node-exporter', [
    ...['--collector.disable-defaults', '--collector.textfile'],
    ...[
      `--collector.textfile.directory=${join(folder, 'textfile')}`,
      `--web.listen-address=127.0.0.1:${exporter}`,
    ],
  ])
  let text = ''
  await until('every check has looked once', async () => {
    text = await bySocket(socket)
    return /^murphy_firewall_rules\{|^murphy_memory_available_bytes/m.test(text) && existsSync(file)
  })
  t.equal(promtool(['check', 'metrics'], text), '', 'promtool has nothing to say')
  t.equal(promtool(['check', 'metrics'], readFileSync(file, 'utf8')), '', 'nor of the file')

  const web = await freePort()
  const all = await everything(t)
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${join(monitoring, 'murphy.rules.yml')}]
scrape_configs:
  - job_name: murphy
    scheme: https
    basic_auth: { username: prometheus, password: murphy }
    tls_config: { ca_file: ${folder}/murphy.crt }
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
  - job_name: node
    static_configs: [{ targets: ['127.0.0.1:${exporter}'] }]
  - job_name: everything
    static_configs: [{ targets: ['127.0.0.1:${all}'] }]
`,
  )
  program(t, 'prometheus', [
    ...[`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/tsdb`],
    `--web.listen-address=127.0.0.1:${web}`,
  ])
  const query = async (expr: string) => {
    const url = `http://127.0.0.1:${web}/api/v1/query?query=${encodeURIComponent(expr)}`
    const it = (await (await answerOf(url))?.json().catch(() => undefined)) as
      | {
          status: string
          error?: string
          data?: { result: { metric: Record<string, string>; value: [number, string] }[] }
        }
      | undefined
    return { error: it?.error ?? '', result: it?.data?.result ?? [] }
  }
  // One scrape that takes over a second, on a busy machine, leaves nothing to be asked for until the next.
  const gives = (expr: string, count: number) =>
    until(`${count} x ${expr}`, async () => (await query(expr)).result.length === count)
  // Both ways, and what stands in for more.
  await gives('murphy_info', 3)
  await gives('count by (job) (up == 1)', 3)
  await gives('murphy_info{cluster="home",node="node1"}', 2)
  await ofTheDashboard(t, query, namesIn(text))
  await until(
    'the rules have been worked out',
    async () => (await query('murphy:memory_available:ratio')).result.length > 0,
  )
  await gives('ALERTS{alertname="MurphyDown"}', 0)

  const without = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
  t.notOk(without?.ok, 'not without TLS')
  child.kill('SIGTERM')
  await ended
  t.notMatch(readFileSync(file, 'utf8'), /^murphy/m, 'an agent that was stopped leaves no old numbers')
  await until(
    'they are gone from the file, whose age is still there',
    async () =>
      (await query('murphy_info{job="node"}')).result.length === 0 &&
      (await query('node_textfile_mtime_seconds{job="node"}')).result.length === 1,
  )
})

type Query = (expr: string) => Promise<{
  readonly error: string
  readonly result: readonly { readonly metric: Record<string, string> }[]
}>

/** Every query is one that Prometheus takes and answers; what the agent here shows, with its own values. */
async function ofTheDashboard(t: Test, query: Query, shown: ReadonlySet<string>) {
  const dashboard = JSON.parse(readFileSync(join(monitoring, 'dashboard.json'), 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[]
  }
  const asked = (expr: string, cluster: string) =>
    query(
      expr
        .replaceAll('$cluster', cluster)
        .replaceAll('$instance', '.*')
        .replaceAll('$__rate_interval', '10s'),
    )
  for (const { title, targets = [] } of dashboard.panels)
    for (const { expr } of targets) {
      // A rate takes two scrapes.
      await until(
        `${title} has an answer: ${expr}`,
        async () => (await asked(expr, 'other')).result.length > 0,
      )
      t.equal((await asked(expr, 'other')).error, '', title)
      const needs = [...expr.matchAll(/\bmurphy_\w+/g)].map(([it]) => it)
      // Of a ratio, both have to be of the same thing.
      if (needs.every((it) => shown.has(it)) && !/increase|rate\(/.test(expr))
        await until(
          `${title} has an answer of the agent: ${expr}`,
          async () => (await asked(expr, 'home')).result.length > 0,
        )
    }
}
