import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, parseConfig } from '../../../agent/config/config.ts'
import { printed } from '../../../agent/config/printed.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { collectors } from '../../../collectors/index.ts'
import { kind, must, part, textOf } from '../kind.ts'
import type { Luck } from '../luck.ts'
import { mutated } from '../mutate.ts'

const secret = 's3cr3t-t0ken'
const shipped = readFileSync(join(import.meta.dirname, '../../../systemd/config.yaml'))
const own = Buffer.from(`node: node1
state_dir: /var/lib/murphy
log_level: info
remind_hours: 12
collectors:
  certs: { enabled: true, warn_days: 30, every: "0 0 * * * *" }
  memory:
    hold_minutes: 60
  pods: { patterns: ["warning out-of-disk: no space left"] }
sinks:
  - type: discord
    url: https://discord.com/api/webhooks/123456789012345678/${secret}
    min: warning
  - type: ntfy
    name: phone
    url: https://ntfy.example/topic
    token: ${secret}
  - type: webhook
    url_file: /nowhere
    secret: ${secret}
    keep_open: false
`)
/** Where people put a secret that is meant for another place, or in a form that YAML takes for another: for a line, or for the value of one. */
const misplaced = ['@: x', '*@', '&@', '!@ x', '%@', '- @', '"@', "'@", '? @', '@: {', '{@}', '@', '<<: *@']
const values = [
  ...[
    '*@',
    '&@',
    '!@',
    '!@ x',
    '{{@}}',
    '{@: 1}',
    '{@}',
    '[@]',
    '[*@]',
    '@: x',
    '`@',
    '%@',
    '|@',
    '"\\@"',
    '"@',
  ],
  ...["'@", '- @', '[@', '{a: *@}', '!<@> x', '{[@]: x}', '&a [*@]', '{@: *b}', '|\n@', 'x\n@: 1'],
]
function misput(luck: Luck, file: Buffer): Buffer {
  const text = file.toString().split('\n')
  const at = luck.below(text.length)
  const [, indent = '', key = ''] = /^([ -]*)([\w.]+:)?/.exec(text[at] ?? '') ?? []
  const put = luck.odds(0.5)
    ? `${indent.replace('-', ' ')}${luck.pick(misplaced)}`
    : `${indent}${key || 'node:'} ${luck.pick(values)}`
  return Buffer.from(text.toSpliced(at, luck.pick([0, 1]), put.replaceAll('@', secret)).join('\n'))
}
const options = {
  file: '/etc/murphy/config.yaml',
  collectors,
  sinks,
  environment: {},
  secrets: 'leave',
} as const

/** The settings are complete, or all that is wrong with them is said; a secret is in neither. */
function checked(text: string): void {
  try {
    const config = parseConfig(text, options)
    const page = printed(config, sinks)
    must(!page.includes(secret), 'a secret is not printed', () => page)
    must(
      Object.keys(config.collectors).length === collectors.length && Number.isFinite(config.remind),
      'settings are complete',
      () => page,
    )
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    must(!error.message.includes(secret), 'a secret is in no complaint', () => error.message)
    must(error.message.length < 8 * 1024 * 1024, 'complaints are bounded', () => `${error.message.length}`)
  }
}

export const settings = kind({
  name: 'yaml',
  cases: 120,
  make(luck) {
    const file = luck.odds(0.8) ? own : shipped
    if (luck.odds(0.4)) return [part('file', mutated(luck, file, [own, shipped]))]
    const put = misput(luck, file)
    return [part('file', luck.odds(0.7) ? put : mutated(luck, put, [own, shipped]))]
  },
  hold: (parts) => checked(textOf(parts, 'file')),
  growth: {
    around: ['', 'collectors:\n', 'sinks:\n  - type: ntfy\n', 'node: "', '{', ']', '"\n'],
    pieces: [
      'a: b\n',
      '  - type: ntfy\n',
      '- ',
      '&a ',
      '*a, ',
      '{',
      '? ',
      'nod: 1\n',
      '"',
      '\\',
      'x',
      '  certs:\n',
      '# x\n',
    ],
    read: (bytes) => checked(bytes.toString()),
    // Root alone writes it; beyond this the library takes more than its part.
    most: 32 * 1024,
    every: 40,
  },
})
