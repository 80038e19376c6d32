import t from 'tap'
import { ConfigError, loadConfig, parseConfig } from '../../../agent/config/config.ts'
import { printed } from '../../../agent/config/printed.ts'
import { jsonSchema } from '../../../agent/config/schema.ts'
import { collector, opaque, sink } from '../../../agent/model/index.ts'

const eye = collector({
  name: 'things',
  title: 'things',
  every: '0 * * * * *',
  timeout: 1000,
  rules: {},
  settings: {
    warn_days: { type: 'integer', description: 'When.', default: 30, minimum: 1, maximum: 400 },
    paths: { type: 'array', description: 'Which.', default: [], items: { type: 'string' } },
  },
  collect: async () => ({}),
  assess: () => [],
  summary: () => '',
})
const post = sink({
  name: 'post',
  required: ['url'],
  settings: {
    url: { type: 'string', description: 'Where.', secret: true },
    topic: { type: 'string', description: 'What.', default: 'k3s' },
  },
  check: ({ url }) => (url?.startsWith('https://') ? [] : ['url: this has to be an https address']),
  compose: () => [],
})
const options = {
  file: '/etc/murphy/config.yaml',
  collectors: [opaque(eye)],
  sinks: [post],
  environment: {},
}
const problems = (text: string, more: object = {}) => {
  try {
    parseConfig(text, { ...options, ...more })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n')
  }
}

t.test('an empty file is all defaults', async (t) => {
  const config = parseConfig('', options)
  t.match(config, { logLevel: 'info', remind: 24 * 3600_000, sinks: [] })
  t.strictSame(config.collectors.things, {
    enabled: true,
    every: '0 * * * * *',
    settings: { warn_days: 30, paths: [] },
  })
})

t.test('what is said is taken', async (t) => {
  const config = parseConfig(
    `
node: node1
collectors:
  things: { enabled: false, warn_days: 14, paths: [/etc/ssl] }
sinks:
  - type: post
    url: https://example.org/hook
    min: critical
`,
    options,
  )
  t.match(config, {
    node: 'node1',
    sinks: [{ name: 'post', type: 'post', min: 'critical', keepOpen: true, settings: { topic: 'k3s' } }],
  })
  t.match(config.collectors.things, { enabled: false, settings: { warn_days: 14, paths: ['/etc/ssl'] } })
  t.notMatch(printed(config, [post]), /example\.org/, 'secrets are hidden')
})

t.test('nothing is written to Kubernetes unless it is asked for', async (t) => {
  const of = (text: string) => parseConfig(text, options)
  t.strictSame(of('').kubernetes, { conditions: false, events: false })
  const config = of('kubernetes: { conditions: true }')
  t.strictSame(config.kubernetes, { conditions: true, events: false })
  t.strictSame(of(printed(config, [])).kubernetes, config.kubernetes, 'printed as it is in force')
  t.strictSame(problems('kubernetes:\n  condition: true\n  events: maybe\n'), [
    '/etc/murphy/config.yaml:2:3: kubernetes.condition: unknown key; did you mean conditions?',
    '/etc/murphy/config.yaml:3:3: kubernetes.events: must be true or false',
  ])
  t.strictSame(problems('kubernetes: true\n'), [
    '/etc/murphy/config.yaml:1:1: kubernetes: must be a mapping (`key: value` lines)',
  ])
})

t.test('everything that is wrong comes at once, with file, line, key and what would be right', async (t) => {
  t.strictSame(
    problems(`nodes: x
remind_hours: -1
log_level: loud
collectors:
  things:
    warn_day: 3
    warn_days: many
    every: daily
  other: {}
sinks:
  - type: pots
  - type: post
  - type: post
    name: b
    url: ftp://x
    min: bad
`),
    [
      '/etc/murphy/config.yaml:1:1: nodes: unknown key; did you mean node?',
      '/etc/murphy/config.yaml:2:1: remind_hours: must be 0 or more',
      '/etc/murphy/config.yaml:3:1: log_level: must be one of debug, info, warn, error',
      '/etc/murphy/config.yaml:6:5: collectors.things.warn_day: unknown key; did you mean warn_days?',
      '/etc/murphy/config.yaml:7:5: collectors.things.warn_days: must be a whole number',
      '/etc/murphy/config.yaml:8:5: collectors.things.every: must be a cron expression of six fields, seconds first, such as "0 * * * * *"',
      '/etc/murphy/config.yaml:9:3: collectors.<hidden>: unknown key; valid keys: things',
      '/etc/murphy/config.yaml:11:5: sinks[0].type: must be one of post',
      '/etc/murphy/config.yaml:12:5: sinks[1].url: missing; set url, url_file or url_credential',
      '/etc/murphy/config.yaml:16:5: sinks[2].min: must be one of info, warning, critical',
    ],
  )
  t.strictSame(problems('sinks:\n  - type: post\n    url: ftp://x\n'), [
    '/etc/murphy/config.yaml:3:5: sinks[0].url: this has to be an https address',
  ])
  t.match(problems('node: [\n'), [/config\.yaml:2:1: not valid YAML/])
  const many = problems(`node: "${'a: b\n'.repeat(500)}c: "`)
  t.equal(many.length, 21, 'what follows from one missing quote is counted')
  t.match(many.at(-1), /: \d+ more errors, which may follow from these$/)
  t.match(problems('- a\n'), [/the top level must be a mapping/])
  t.match(problems('sinks:\n  - {type: post, url: "https://a"}\n  - {type: post, url: "https://b"}\n'), [
    /:3:5: sinks\[1\]\.name: another sink has this name; names must be unique/,
  ])
})

t.test('a collector may check what types cannot say', async (t) => {
  const checked = { ...eye, check: ({ paths }: { paths?: unknown }) => [`paths.1: not ${String(paths)}`] }
  const text = 'collectors:\n  things:\n    paths:\n      - a\n      - b\n'
  t.strictSame(problems(text, { collectors: [checked] }), [
    '/etc/murphy/config.yaml:5:9: collectors.things.paths[1]: not a,b',
  ])
  t.match(
    problems('collectors:\n  things:\n    paths: 1\n', { collectors: [checked] }),
    [/must be a list/],
    'only where the types are right',
  )
})

t.test('secrets come from files and credentials, and a missing one is said', async (t) => {
  const folder = t.testdir({ hook: 'https://example.org/secret\n' })
  const [it] = parseConfig(`sinks: [{type: post, url_file: ${folder}/hook}]`, options).sinks
  t.equal(it?.settings.url, 'https://example.org/secret')
  const environment = { CREDENTIALS_DIRECTORY: folder }
  const [credential] = parseConfig('sinks: [{type: post, url_credential: hook}]', {
    ...options,
    environment,
  }).sinks
  t.equal(credential?.settings.url, 'https://example.org/secret')
  t.match(problems(`sinks: [{type: post, url_file: ${folder}/none}]`), [/url_file: the file does not exist/])
  t.match(problems('sinks: [{type: post, url_credential: hook}]'), [/systemd passed no credentials/])
  t.match(problems(`sinks: [{type: post, url: "https://a", url_file: ${folder}/hook}]`), [
    /set only one of url, url_file/,
  ])
})

t.test('a file that is named must exist; the default one may be absent', async (t) => {
  t.throws(() => loadConfig({ ...options, file: `${t.testdirName}/none.yaml` }), /cannot read the file/)
})

t.test('the schema for editors knows every key', async (t) => {
  const schema = JSON.stringify(jsonSchema([opaque(eye)], [post]))
  for (const key of ['remind_hours', 'warn_days', 'url_file', 'url_credential', 'topic', 'enabled'])
    t.match(schema, `"${key}"`)
})

t.test('a hostile file costs nothing', async (t) => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((it, at) => `${it}: &${it} [${`*${'abcdefg'[at]},`.repeat(9)}]`).join('\n')}`
  t.throws(() => parseConfig(bomb, options), /alias|unknown key/i)
  t.match(problems('__proto__: {x: 1}\nconstructor: 1\n').length, 2)
})

t.test('a secret that is not quoted, or is taken for a key, is not shown', async (t) => {
  t.strictSame(problems('node: a\nsinks:\n  - type: post\n    url: *Secret123\n'), [
    '/etc/murphy/config.yaml:4:10: not valid YAML: undefined alias (*name); quote values that begin with *',
  ])
  t.strictSame(
    problems('sinks:\n  - type: post\n    url: "https://a"\n    "https://example.org/hook": x\n'),
    [
      '/etc/murphy/config.yaml:4:5: sinks[0].<hidden>: unknown key; valid keys: type, name, min, keep_open, only_when, weekly, url, url_file, url_credential, topic',
    ],
  )
  for (const value of [
    '*Secret123',
    '!Secret123!x',
    '"a" Secret123',
    '@Secret123',
    '%Secret123',
    '[Secret123',
    '}Secret123',
  ])
    t.notMatch(problems(`sinks:\n  - type: post\n    url: ${value}\n`).join('\n'), /Secret/, value)
})

t.test('who sends nothing reads no secret', async (t) => {
  const folder = t.testdir({ hook: 'garbage' })
  const text = `sinks: [{type: post, url_credential: hook}, {type: post, name: b, url_file: ${folder}/none}]`
  const config = parseConfig(text, { ...options, secrets: 'leave' })
  t.strictSame(
    config.sinks.map(({ settings, unread }) => [settings, unread]),
    [
      [{ topic: 'k3s' }, ['url']],
      [{ topic: 'k3s' }, ['url']],
    ],
  )
  t.match(printed(config, [post]), /url_credential: hook\n/)
  t.notMatch(printed(config, [post]), /unread/)
  t.match(problems(text, { secrets: 'look' }), [/^\S+ sinks\[1\]\.url_file: the file does not exist/])
  t.equal(problems(text, { secrets: 'look' }).length, 1, 'only the daemon has credentials')
  t.strictSame(problems(`sinks: [{type: post, url_file: ${folder}/hook}]`, { secrets: 'look' }), [])
  t.match(problems('sinks: [{type: post}]', { secrets: 'leave' }), [/url: missing; set url/])
})

t.test('a default file that is not for this user', async (t) => {
  const { file: _, ...rest } = options
  const read = () => {
    throw Object.assign(new Error('no'), { code: 'EACCES' })
  }
  t.throws(() => loadConfig({ ...rest, read }), /only root may read it/)
  const told: string[] = []
  const unreadable = (it: string) => void told.push(it)
  const config = loadConfig({ ...rest, read, unreadable })
  t.match(config, { logLevel: 'info', file: undefined })
  t.strictSame(told, ['/etc/murphy/config.yaml'])
  t.throws(() => loadConfig({ ...rest, file: 'named', read, unreadable }), /only root may read it/)
})

t.test('a rhythm has seconds', async (t) => {
  const five = 'collectors:\n  things:\n    every: "*/5 * * * *"\n'
  t.match(problems(five), [/every: must be a cron expression of six fields/])
})

t.test('a sink that stands in for another names one that is there', async (t) => {
  const two = (names: string) =>
    `sinks:\n  - type: post\n    url: https://a.example/\n  - type: post\n    name: sms\n    url: https://b.example/\n    only_when: ${names}\n`
  t.match(parseConfig(two('[post]'), options).sinks, [{ name: 'post' }, { name: 'sms', onlyWhen: ['post'] }])
  t.match(
    parseConfig(
      printed(parseConfig(two('[post]'), options), [post]).replace(
        /url_credential: hidden/g,
        'url: https://h.example/',
      ),
      options,
    ).sinks[1],
    {
      onlyWhen: ['post'],
    },
  )
  t.strictSame(problems(two('[pots]')), [
    '/etc/murphy/config.yaml:7:5: sinks[1].only_when: names a sink that is not there; the others are: post',
  ])
  t.match(problems(two('post')), [/sinks\[1\]\.only_when: must be a list/])
})

t.test('a sink that is told all that is open has no messages to hold back', async (t) => {
  const { restate: _, ...bare } = post
  const herald = { ...bare, restate: () => [] }
  const read = (text: string) => {
    try {
      parseConfig(text, { file: 'a.yaml', collectors: [], sinks: [herald], environment: {} })
      return []
    } catch (error) {
      return String((error as Error).message).split('\n')
    }
  }
  const its = 'sinks:\n  - type: post\n    url: https://x\n'
  t.strictSame(read(its), [])
  t.match(read(`${its}    weekly: mon 09:00\n`), [/^a\.yaml:4:5: sinks\[0\]\.weekly: is not for post/])
})

t.test('where the metrics are beside the socket, and printed as it was given', async (t) => {
  const given = `metrics_listen: "[fd00::1]:9797"
metrics_web_config: /etc/murphy/web.yml
metrics_textfile: /var/lib/node_exporter/murphy.prom
`
  const config = parseConfig(given, options)
  t.strictSame(config.metrics, {
    ...{ listen: '[fd00::1]:9797', webConfig: '/etc/murphy/web.yml' },
    textfile: '/var/lib/node_exporter/murphy.prom',
  })
  t.strictSame(parseConfig(printed(config, [post]), options).metrics, config.metrics)
  t.strictSame(parseConfig('', options).metrics, {}, 'nowhere, unless asked for')
  for (const wrong of [
    ...['metrics_listen: 9797', 'metrics_listen: ":9797"', 'metrics_textfile: /x/murphy.txt'],
    ...['metrics_listen: 127.0.0.1:99999', 'metrics_web_config: /etc/murphy/web.yml'],
  ])
    t.throws(() => parseConfig(wrong, options), ConfigError, wrong)
})
