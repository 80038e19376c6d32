import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { howToMake, readKey } from '../../../systemd/release/keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'murphy-keys-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const root = join(folder, 'checkout')
mkdirSync(root)
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })

t.test('openssl believes what it signs, by the key that install.sh is told', async (t) => {
  execFileSync('sh', ['-c', howToMake], { cwd: root, stdio: 'pipe' })
  const key = readKey(join(folder, 'murphy.key'), root)
  writeFileSync(join(folder, 'SUMS'), 'what is signed\n')
  writeFileSync(join(folder, 'SUMS.sig'), key.sign?.('what is signed\n') ?? '')
  // As a node does it: the frame is put around the line.
  writeFileSync(
    join(folder, 'pub.pem'),
    `-----BEGIN PUBLIC KEY-----\n${key.spki}\n-----END PUBLIC KEY-----\n`,
  )
  const verify = () =>
    spawnSync('openssl', 'dgst -sha256 -verify pub.pem -signature SUMS.sig SUMS'.split(' '), { cwd: folder })
      .status
  t.equal(verify(), 0)
  writeFileSync(join(folder, 'SUMS'), 'something else\n')
  t.not(verify(), 0)

  openssl('pkey', '-in', 'murphy.key', '-pubout', '-out', 'public.pem')
  t.strictSame(
    readKey(join(folder, 'public.pem'), root),
    { spki: key.spki, sign: undefined },
    'its public half is enough to build the same, and not to sign',
  )
  openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'murphy.key', '-out', 'pkcs8.key')
  t.equal(readKey(join(folder, 'pkcs8.key'), root).spki, key.spki)
})

t.test('another kind of key is refused, and how to make one is said', async (t) => {
  const make: Readonly<Record<string, readonly string[]>> = {
    'ed.key': ['genpkey', '-algorithm', 'ed25519', '-out', 'ed.key'],
    'p384.key': ['ecparam', '-genkey', '-name', 'secp384r1', '-noout', '-out', 'p384.key'],
    'secret.key': 'pkcs8 -topk8 -in murphy.key -passout pass:x -out secret.key'.split(' '),
  }
  for (const [name, args] of Object.entries(make)) {
    openssl(...args)
    t.throws(
      () => readKey(join(folder, name), root),
      { message: /no P-256 key .* openssl ecparam -genkey/ },
      name,
    )
  }
  writeFileSync(
    join(folder, 'none.key'),
    '-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n',
  )
  t.throws(() => readKey(join(folder, 'none.key'), root), { message: /^(?!.*c2VjcmV0).*no P-256 key/ })
})

t.test('a private key inside of the checkout is refused, a public one is not', async (t) => {
  openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', 'checkout/murphy.key')
  openssl('pkey', '-in', 'checkout/murphy.key', '-pubout', '-out', 'checkout/murphy.pem')
  t.throws(() => readKey(join(root, 'murphy.key'), root), { message: /inside of the checkout/ })
  t.ok(readKey(join(root, 'murphy.pem'), root).spki)
})
