import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { placeOf, stamped } from '../../../systemd/release/stamp.ts'

const text = readFileSync(new URL('../../../install.sh', import.meta.url), 'utf8')
const key = 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+/w='
const stamp = { place: 'https://example.org/murphy', pinned: '1.2.3', keys: [key, `${key.slice(0, -1)}A`] }

t.test('the three lines of install.sh are filled in, and nothing else', async (t) => {
  const made = stamped(text, stamp)
  const lines = made.split('\n').filter((it, at) => it !== text.split('\n')[at])
  t.strictSame(lines, [
    "place='https://example.org/murphy'",
    "pinned='1.2.3'",
    `keys='${stamp.keys.join(' ')}'`,
  ])
  t.equal(made.split('\n').length, text.split('\n').length)
  t.equal(placeOf(made), stamp.place)
  t.equal(placeOf(text), undefined, 'as it is in a checkout it says nothing')
  t.equal(spawnSync('sh', ['-n'], { input: made }).status, 0, 'a shell reads it')
})

t.test('what it is stamped with once can be stamped again', async (t) => {
  t.equal(stamped(stamped(text, { ...stamp, pinned: '1.0.0' }), stamp), stamped(text, stamp))
  t.equal(
    placeOf(stamped(stamped(text, stamp), { pinned: '2.0.0', keys: [key] })),
    stamp.place,
    'without another place it keeps its own',
  )
})

t.test('a line that is missing, or there twice, is a mistake', async (t) => {
  for (const name of ['place', 'pinned', 'keys']) {
    const line = `${name}=''\n`
    t.throws(() => stamped(text.replace(line, ''), stamp), {
      message: new RegExp(`one line ${name}='', .* none`),
    })
    t.throws(() => stamped(text + line, stamp), { message: new RegExp(`one line ${name}='', .* several`) })
  }
})

t.test('nothing gets out of the quotes', async (t) => {
  for (const place of [
    "https://x/'; rm -rf /",
    'https://x/$(id)',
    'ftp://x',
    'x',
    'https://x/\ny',
    'https://',
  ])
    t.throws(() => stamped(text, { ...stamp, place }), {
      message: /cannot be written to install.sh as place/,
    })
  t.throws(() => stamped(text, { ...stamp, pinned: "1'" }), { message: /as pinned/ })
  for (const keys of [[], [key, key, key], ["a'b"], ['-----BEGIN']])
    t.throws(() => stamped(text, { ...stamp, keys }), { message: /as keys/ })
})
