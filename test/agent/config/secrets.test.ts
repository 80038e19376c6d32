import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError, loadConfig } from '../../../agent/config/config.ts'
import { printed } from '../../../agent/config/printed.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { collectors } from '../../../collectors/index.ts'
import { placements } from './placements.ts'

/** Secrets of each kind of service, and one that is all letters, as a key would be. */
const secrets = [
  'tk_Zq8wKr4vXn2pLd7sBf3h',
  'wE6hook-tokQn_AbCdZf0123456789xYz',
  'hqzwxkvjpgyb',
  'Zpv#9 kLm!2qRt$',
]

/** Any six characters of a secret in a row are too many; words of the settings that it is built from are not it. */
function leaked(output: string, secret: string): string | undefined {
  const seen = output.toLowerCase()
  for (let at = 0; at + 6 <= secret.length; at += 1) {
    const piece = secret.slice(at, at + 6).toLowerCase()
    if (seen.includes(piece)) return piece
  }
  return undefined
}

/** What `config check` and `config print` say, and what goes to stderr by itself. */
async function output(text: string, more: object = {}): Promise<{ check: string; print: string }> {
  const warned: string[] = []
  const listen = (it: Error) => void warned.push(String(it))
  process.on('warning', listen)
  let check = ''
  let print = ''
  try {
    const config = loadConfig({
      file: '/etc/murphy/config.yaml',
      read: () => text,
      collectors,
      sinks,
      environment: { CREDENTIALS_DIRECTORY: '/nowhere' },
      ...more,
    })
    print = printed(config, sinks)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    check = error.message
  }
  // Warnings come a moment later.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listen)
  return { check: `${check}\n${warned.join('\n')}`, print }
}

t.test('a secret at the wrong place is not in what is said of the settings', async (t) => {
  for (const [where, write] of Object.entries(placements))
    for (const secret of secrets)
      for (const more of [{ secrets: 'read' }, { secrets: 'look' }, { secrets: 'leave' }]) {
        const { check } = await output(write(secret), more)
        const found = leaked(check, secret)
        if (found !== undefined) t.fail(`${where}: ${found} in ${check}`)
      }
  t.pass(`${Object.keys(placements).length} places`)
})

t.test('what is a secret by its key is not printed', async (t) => {
  for (const secret of secrets) {
    const given = `sinks:\n  - type: ntfy\n    url: https://h.example/${secret.replace(/[^\w-]/g, '')}\n    token: ${JSON.stringify(secret.replaceAll(' ', ''))}\n  - type: webhook\n    url: https://h.example/?key=${encodeURIComponent(secret)}\n    secret: ${JSON.stringify(secret)}\n`
    const { check, print } = await output(given)
    t.equal(check.trim(), '', 'these settings are right')
    t.match(print, /token_credential: hidden/)
    t.equal(leaked(print, secret), undefined)
  }
})

t.test('files that are broken at random', async (t) => {
  let seed = 20_261_012
  const chance = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const secret = secrets[0] as string
  const writes = Object.values(placements)
  const crumbs = [
    '\t',
    ' ',
    '\n',
    ':',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&',
    '*',
    '!',
    '|',
    '#',
    '? ',
    '\ufeff',
    '%',
    '\u0000',
    ': ',
    '<<: ',
  ]
  let wrong = 0
  for (let round = 0; round < 800; round += 1) {
    let text = `${writes[chance(writes.length)]?.(secret)}${chance(2) ? writes[chance(writes.length)]?.(secret) : ''}`
    for (let count = chance(4); count > 0; count -= 1) {
      const at = chance(text.length)
      text = text.slice(0, at) + crumbs[chance(crumbs.length)] + text.slice(at + chance(2))
    }
    const { check } = await output(text)
    if (check.trim()) wrong += 1
    const found = leaked(check, secret)
    if (found !== undefined) t.fail(`${JSON.stringify(text)}: ${found} in ${check}`)
  }
  t.ok(wrong > 500, `${wrong} of 800 are refused`)
})

t.test('a file without bounds costs nothing', async (t) => {
  for (const [name, text] of Object.entries({
    deep: '['.repeat(200_000),
    'deep groups': '{a: '.repeat(50_000),
    'a deep list': '- '.repeat(50_000),
    long: `${'x'.repeat(2_000_000)}: 1`,
    'a long key': `${'x'.repeat(100_000)}: 1`,
    'many keys': Array.from({ length: 5000 }, (_, at) => `key${at}: 1\n`).join(''),
  }))
    t.match((await output(text)).check, /^\/etc\/murphy\/config\.yaml/, name)
})

t.test('the commands themselves', async (t) => {
  const folder = t.testdir({})
  const main = join(import.meta.dirname, '../../../agent/main.ts')
  const secret = secrets[0] as string
  const file = join(folder, 'config.yaml')
  mkdirSync(folder, { recursive: true })
  for (const [where, commands] of [
    [
      'in braces, as templates have it',
      [['config', 'check'], ['config', 'print'], ['run'], ['status'], ['notify', '--test']],
    ],
    ['as a key of a sink', [['config', 'check'], ['run']]],
    ['as a URL for a file', [['config', 'check']]],
    ['as an alias', [['config', 'check']]],
    [
      'where it belongs',
      [
        ['config', 'check'],
        ['config', 'print'],
      ],
    ],
  ] as const)
    for (const command of commands) {
      writeFileSync(file, placements[where]?.(secret) ?? '')
      const ran = spawnSync(process.execPath, [main, '--config', file, ...command], {
        encoding: 'utf8',
        timeout: 60_000,
      })
      const said = `${ran.stdout}${ran.stderr}`
      t.notMatch(said, /mistake in Murphy|Warning/, `${where}: ${command.join(' ')}`)
      t.equal(leaked(said, secret), undefined, said)
    }
  rmSync(file)
})
