import { withoutSecrets, withoutSecretsOf, withoutSecretsOfLog } from '../../../agent/host/redaction.ts'
import { files } from '../furnished.ts'
import { kind, must, type Parts, part, textOf } from '../kind.ts'
import type { Luck } from '../luck.ts'
import { mutated } from '../mutate.ts'

/** Words that look like nothing: only where they stand gives them away. */
const secrets = ['correcthorse', 'hunter2Xq', '47110815', 'pl4nted-word_0']

/** Names of secrets, in every way in which names are written. */
const names = [
  ...['token', 'agent-token', 'password', 'db_pass', 'pw', 'client-key-data', 'identityToken', 'secret'],
  ...['K3S_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'PGPASSWORD', 'credentials', 'api-key', 'etcd-s3-secret-key'],
]

/** Forms, with @N for a name and @S for the secret: what can stand within a line, and what is lines of its own. */
const inline = [
  ...[
    '@N: @S',
    '@N=@S',
    '"@N": "@S"',
    "'@N': '@S'",
    '@N="@S"',
    "@N = '@S'",
    '"@N":"@S"',
    '@N="two @S"',
    '{"@N":"a\\"@S"}',
  ],
  ...['--@N @S', '--@N=@S', "--@N '@S'", '"--@N=two @S"', '"--@N", "@S"', "'--@N' '@S'", '--@N\0@S\0'],
  ...[
    '{@N: @S}',
    '{@N: two @S, x: y}',
    '{@N: !!str @S}',
    '@N: {v: @S}',
    '"@N": {"v":"@S"}',
    '{"@N":{"a":[1],"v":"@S"}}',
  ],
  ...[
    '@N: [a, @S]',
    '@N: [[a], @S]',
    '"@N": [{"v":["x"],"w":"@S"}]',
    "@N: ['it''s ]', @S]",
    '@N: {a: "}", b: @S}',
  ],
  ...['https://u:@S@h/x', 'mysql://u:a@b/@S@tcp(h)/d', 'https://h/x?a=b&token=@S', 'curl -u u:@S h'],
  ...[
    'Authorization: Basic @S',
    'X-Auth-Token: @S',
    'Cookie: a=b; c=@S',
    '$6$salt$@S',
    'K10c0ffee::server:@S',
  ],
  ...['x @N: password: @S', '--@N password: @S', '@N=--password @S'],
]
const lines = [
  ...[
    '@N: |\n  @S',
    '@N: >-\n\n    a\n    @S',
    '@N:\n- a\n- @S',
    '@N:\n  v: @S',
    '@N: a\n  @S',
    '@N: two @S',
    '? @N\n: @S',
  ],
  ...[
    '@N: {\n  a: b,\n  c: @S\n}',
    '@N: [a,\n @S]',
    '- name: x\n  value: @S',
    "export @N='a\n@S'",
    '@N: !x &a {b: @S}',
  ],
  ...['-----BEGIN EC PRIVATE KEY-----\n@S\n-----END EC PRIVATE KEY-----', '--@N \\\n # why\n @S'],
]
/** What is said in logs. */
const said = [
  ...[
    'password @S',
    'secret key: @S',
    'Secret Access Key: @S',
    'token value: @S',
    'password hash: @S',
    'pin: @S',
  ],
  ...[
    'password changed to @S',
    'password for admin is @S',
    'password -> @S',
    'token => @S',
    'API key for x: @S',
  ],
  ...[
    'Generated admin password:\n@S',
    'identified by "@S"',
    'Password (root): two @S',
    'PASSWORD  IS  NOW  @S',
  ],
  ...[
    '--secret-key @S',
    '--password-hash @S',
    'secret_key @S',
    'user x, password: "two @S"',
    'credentials a/@S',
  ],
]
/** What people write at rules, in which @S may be anything. */
const rules = [
  ...['-A INPUT -m comment --comment "a \\" @S" -j ACCEPT', '-A INPUT -m comment --comment @S -j DROP'],
  '-A INPUT -m comment --comment "kubernetes -j KUBE-X @S" -j ACCEPT',
  ...['-A INPUT -m comment --comment "my -j KUBE-X @S" -j ACCEPT', '-A INPUT -m string --string "@S"'],
  ...[
    '-A INPUT -j LOG --log-prefix "@S "',
    '-A INPUT -m recent --set --name @S',
    'add a 10.0.0.1 comment "@S"',
  ],
  ...['\t\taccept comment "@S"', '\t\tlog prefix "@S" drop', '[{"ifname":"eth0","ifalias":"@S"}]'],
]
const entries = [
  '{"MESSAGE":"@S","_TRANSPORT":"syslog","SYSLOG_FACILITY":"0"}',
  '{"MESSAGE":"@S","_TRANSPORT":"kernel","SYSLOG_FACILITY":"1","PRIORITY":"@S"}',
  '{"MESSAGE":"@S","_CMDLINE":"@S","MESSAGE_ID":"@S"}',
]
/** Of these nothing is kept but what is known, so that the form is the secret alone, as it were. */
const placed: readonly (readonly [path: string, form: string])[] = [
  ['/etc/systemd/system/k3s.service', "Environment=A=b 'FOO=two @S'"],
  ['/etc/systemd/system/k3s.service', 'Environment=\\\n  FOO=@S'],
  ['/etc/systemd/system/k3s.service', 'ExecStartPre=/bin/x @S'],
  ['/etc/default/k3s', 'FOO=@S'],
  ['/root/.kube/config', 'users: [{name: a, user: {token: {v: @S}}}]'],
  ['/root/.kube/config', '  password: @S'],
  ['/home/a/linked', 'anything @S'],
]

type Read = (text: string) => string
const bytes = (text: string) => Buffer.from(text, 'latin1')
const file =
  (path: string, real = path): Read =>
  (text) =>
    Buffer.from(withoutSecrets(path, bytes(text), real)).toString('latin1')
const log: Read = (text) => Buffer.from(withoutSecretsOfLog(bytes(text))).toString('latin1')
const command =
  (...argv: readonly string[]): Read =>
  (text) =>
    withoutSecretsOf(argv, text)

/** Where such a form may stand; `own` where it has to begin and end a line. */
interface Place {
  readonly name: string
  readonly forms: readonly string[]
  readonly read: Read
  readonly own: boolean
}
const places: readonly Place[] = [
  ...['/etc/rancher/k3s/config.yaml', '/proc/1/cmdline', '/srv/x'].flatMap((path) => [
    { name: `line of ${path}`, forms: [...lines, ...inline], read: file(path), own: true },
    { name: path, forms: inline, read: file(path), own: false },
  ]),
  { name: 'log', forms: [...inline, ...said], read: log, own: false },
  { name: 'lines of a log', forms: [...lines, ...said], read: log, own: true },
  { name: 'rules', forms: rules, read: command('iptables-save'), own: true },
  { name: 'journal', forms: entries, read: command('journalctl', '--output=json'), own: true },
  ...placed.map(([path, form]) => ({
    name: `${path} ${form}`,
    forms: [form],
    read: file(path, path.startsWith('/home') ? '/srv/z' : path),
    own: true,
  })),
]

/** What stands around it. */
const around = [
  ...Object.entries(files)
    .filter(([path]) => /^\/etc\/(rancher|systemd|default)\//.test(path))
    .map(([, text]) => text),
  '{"a": {"b": [1, "c"], "token": "x"}, "password": {"v": "x"}}\n',
  '2026-11-23T03:40:00.1Z stdout F level=info msg="password is x" token=x\n',
  '-A INPUT -m comment --comment "x" -j KUBE-X\n',
].map((it) => Buffer.from(it))
const separators = [' ', ', ', '; ', '\t', '\n', '\0', ' (', '{', '[', '"', "'", '> ', '|']

function make(luck: Luck): Parts {
  const place = luck.pick(places)
  const text = () => (luck.odds(0.2) ? Buffer.alloc(0) : mutated(luck, luck.pick(around), around))
  const separator = () => (place.own ? '\n' : luck.pick(separators))
  return [
    part('before', Buffer.concat([text().subarray(-2048), Buffer.from(separator())])),
    part('place', place.name),
    part('form', luck.pick(place.forms)),
    part('name', luck.pick(names)),
    part('secret', `${luck.below(secrets.length)}`),
    part('after', Buffer.concat([Buffer.from(separator()), text().subarray(0, 2048)])),
  ]
}

/** The secret is in nothing that is kept. Of a form that shrinking has made another, nothing is asked. */
function hidden(parts: Parts): void {
  const place = places.find(({ name }) => name === textOf(parts, 'place'))
  const secret = secrets[Number(textOf(parts, 'secret') || Number.NaN)]
  const [form, name] = [textOf(parts, 'form'), textOf(parts, 'name')]
  if (!place || secret === undefined || !names.includes(name)) return
  if (!place.forms.includes(form)) return
  const [before, after] = ['before', 'after'].map((it) =>
    (parts.find(({ name }) => name === it)?.bytes ?? Buffer.alloc(0)).toString('latin1'),
  ) as [string, string]
  const planted = form.replaceAll('@N', name).replaceAll('@S', secret)
  const kept = place.read(before + planted + after)
  must(!kept.includes(secret), 'a secret is in no recording', () => `${planted} -> ${kept}`)
}

export const redaction = kind({
  name: 'redaction',
  cases: 400,
  make,
  hold: hidden,
  growth: {
    around: ['', 'x=', 'x: ', '"x":', '@', ']'],
    pieces: [
      ...[
        '_KEY',
        'TOKEN',
        '_SECRET',
        'TOKEN_',
        'token: ',
        '--token ',
        'password ',
        'token: {',
        '["a",',
        '\\',
      ],
      ...['a://b@', 'eyJaaaaa.', 'token: |\n'],
    ],
    // What takes the square of its length takes longer than anybody waits with a fraction of this.
    most: 64 * 1024,
    // One that grows takes as long as a hundred that do not.
    every: 20,
    read(it) {
      withoutSecrets('/srv/x', it)
      withoutSecretsOfLog(it)
      withoutSecretsOf(['iptables-save'], it.toString('latin1'))
    },
  },
})
