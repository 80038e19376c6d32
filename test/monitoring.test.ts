import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { allMetrics } from './metrics.ts'

/** docs/monitoring: what is shipped names what there is. That Prometheus and Grafana take it: test/real/prometheus.test.ts. */
const folder = join(import.meta.dirname, '../docs/monitoring')
const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const known = new Map(allMetrics)

/** Names of Murphy's metrics in an expression, without the endings of histograms. */
const named = (expr: string) =>
  [...expr.matchAll(/\bmurphy_\w+/g)].map(([it]) =>
    known.has(it) ? it : it.replace(/_(bucket|sum|count)$/, ''),
  )

interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly labels?: { readonly severity: string }
  readonly annotations?: { readonly summary: string; readonly description: string }
}
const rules = (parse(text('murphy.rules.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (it) => it.rules,
)

t.test('rules name metrics that there are, and each is tested by name', async (t) => {
  const tests = text('murphy.rules.test.yml')
  const recorded = new Set(rules.flatMap((it) => it.record ?? []))
  for (const it of rules) {
    const name = it.record ?? it.alert ?? ''
    for (const metric of named(it.expr)) t.ok(known.has(metric), `${name}: ${metric}`)
    for (const [one] of it.expr.matchAll(/\bmurphy:\w+(:\w+)*/g)) t.ok(recorded.has(one), `${name}: ${one}`)
    // What is only a step to another rule is tested with that.
    t.ok(tests.includes(name), `${name} is tested`)
    if (!it.alert) continue
    t.match(it.labels?.severity, /^(warning|critical)$/, name)
    t.match(it.annotations?.summary, /^\{\{ \$labels\.instance \}\}: /, `${name}: whose it is stands first`)
    t.match(it.annotations?.description, /\.$/, `${name}: sentences`)
  }
})

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly {
    readonly expr: string
    readonly refId: string
    readonly datasource: { readonly uid: string }
  }[]
}
interface Dashboard {
  readonly id: null
  readonly uid: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] }
}
const dashboard = JSON.parse(text('dashboard.json')) as Dashboard

t.test('the dashboard is of the form that every Grafana imports', async (t) => {
  t.match(dashboard, {
    id: null,
    uid: /^[\w-]{1,40}$/,
    schemaVersion: 39,
    title: 'Murphy',
    timezone: 'browser',
  })
  t.strictSame(
    dashboard.templating.list.map(({ name, type }) => `${type} ${name}`),
    [...['datasource datasource', 'query cluster', 'query instance']],
  )
  t.equal(
    new Set(dashboard.panels.map((it) => it.id)).size,
    dashboard.panels.length,
    'each panel has an id of its own',
  )
  for (const { title, type, gridPos: at, targets = [] } of dashboard.panels) {
    t.match(type, /^(row|stat|timeseries|table)$/, title)
    t.ok(at.x >= 0 && at.x + at.w <= 24 && at.h > 0, `${title} is within the grid`)
    t.equal(targets.length > 0, type !== 'row', `${title} asks for something`)
    t.equal(new Set(targets.map((it) => it.refId)).size, targets.length)
    for (const it of targets) t.equal(it.datasource.uid, `\${datasource}`)
  }
  const overlap = (a: Panel['gridPos'], b: Panel['gridPos']) =>
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
  for (const [index, a] of dashboard.panels.entries())
    for (const b of dashboard.panels.slice(index + 1))
      if (overlap(a.gridPos, b.gridPos)) t.fail(`${a.title} lies on ${b.title}`)
})

t.test('it shows every metric there is, and none that there is not', async (t) => {
  const asked = new Set(
    dashboard.panels.flatMap(({ targets = [] }) => targets.flatMap((it) => named(it.expr))),
  )
  for (const it of asked) t.ok(known.has(it), it)
  t.strictSame(
    [...known.keys()].filter((it) => !asked.has(it)),
    [],
  )
})

t.test('the page says what each panel shows', async (t) => {
  const page = text('README.md')
  for (const { title, type } of dashboard.panels)
    if (type !== 'row') t.ok(page.includes(`| ${title} |`), title)
})

/**
 * What Grafana publishes of its own schema are types. Enums are their values, as in JSON; options may be left out, as
 * each has a default. Left out are the annotations, which the Prometheus data source has in a form of its own, and
 * queries are its own as well (grafana-prometheus: src/types.ts).
 */
const schema = `import type { Dashboard, FieldConfigSource, Panel, RowPanel } from '@grafana/schema'
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type { FieldConfig as TableField, Options as Table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen'
import type { FieldConfig as SeriesField, Options as Series } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'
type Json<T> = T extends string ? \`\${T}\`
  : T extends readonly (infer I)[] ? Json<I>[]
  : T extends object ? { [K in keyof T]: Json<T[K]> } : T
interface Query {
  refId: string; datasource: { type: 'prometheus'; uid: string }; expr: string
  format?: 'time_series' | 'table' | 'heatmap'; instant?: boolean; range?: boolean; legendFormat?: string
}
type Field<F> = FieldConfigSource['defaults'] & { custom?: Partial<F> }
type Shown<Type, Options, F> = Omit<Json<Panel>, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  type: Type; options: Json<Partial<Options>>; targets: Query[]
  fieldConfig: Omit<Json<FieldConfigSource>, 'defaults'> & { defaults: Json<Field<F>> }
}
type AnyPanel = Json<RowPanel> | Shown<'stat', Stat, object> | Shown<'table', Table, TableField>
  | Shown<'timeseries', Series, SeriesField>
export const it: Omit<Json<Dashboard>, 'panels' | 'annotations'> & { annotations: unknown; panels: AnyPanel[] } = `

t.test('the dashboard is what Grafana’s own schema says', async (t) => {
  const said = (json: string) => {
    const file = join(t.testdir(), 'dashboard.ts')
    writeFileSync(file, `${schema}${json}`)
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'esnext']
    return spawnSync('tsc', ['--ignoreConfig', ...options, file], { encoding: 'utf8' }).stdout
  }
  const json = text('dashboard.json')
  t.equal(said(json), '')
  for (const [good, bad, about] of [
    ['"gridPos"', '"gridPosition"', /gridPosition/],
    ['"showLegend": true', '"showLegend": "yes"', /string/],
    ['"schemaVersion": 39', '"schemaVersion": "39"', /string/],
    ['"colorMode": "background"', '"colorMode": "backdrop"', /backdrop/],
  ] as const) {
    t.ok(json.includes(good), `${good} is in it`)
    t.match(said(json.replaceAll(good, bad)), about, `${bad} is not let pass`)
  }
})
