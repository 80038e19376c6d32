import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { debVersion, writeDeb } from '../../../systemd/release/deb.ts'
import { standIn } from './stand-in.ts'

const home = mkdtempSync(join(tmpdir(), 'murphy-deb-'))
t.teardown(() => rmSync(home, { recursive: true }))
const release = standIn(join(home, 'release'))
const time = 1_700_000_000

function build(folder: string, version = '1.2.3') {
  const into = join(home, folder)
  mkdirSync(into, { recursive: true })
  const made = writeDeb({ release, work: join(into, 'work'), into, cpu: 'arm64', version, time })
  return { made, file: join(into, made) }
}

t.test('dpkg reads what it is, and finds every file as it was', async (t) => {
  const { made, file } = build('one')
  t.equal(made, 'murphy_1.2.3_arm64.deb')
  const dpkg = (...args: string[]) => execFileSync('dpkg-deb', args, { encoding: 'utf8' })
  t.match(dpkg('--field', file), /^Package: murphy\nVersion: 1.2.3\nArchitecture: arm64$/m)
  t.equal(dpkg('--info', file, 'conffiles'), '/etc/update-motd.d/60-murphy\n')
  const list = dpkg('--contents', file).trim().split('\n')
  for (const it of list) t.match(it, /^\S+ root\/root +\d+ 2023-11-14 /, it)
  t.notOk(
    list.some((it) => /^-.{7}w|^-.{4}w/.test(it)),
    'nobody but root may write to it',
  )
  const scripts = ['preinst', 'postinst', 'prerm', 'postrm'].map((it) => dpkg('--info', file, it))
  for (const it of scripts) t.equal(execFileSync('sh', ['-n'], { input: it }).length, 0)
  dpkg('--raw-extract', file, join(home, 'raw'))
  execFileSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: join(home, 'raw') })
})

t.test('the same bytes in two folders', async (t) => {
  t.ok(readFileSync(build('here').file).equals(readFileSync(build('in/another').file)))
})

t.test('what is not released yet comes before the release', async (t) => {
  t.equal(debVersion('1.0.0'), '1.0.0')
  t.equal(debVersion('1.0.0-rc.1'), '1.0.0~rc.1')
  execFileSync('dpkg', ['--compare-versions', debVersion('1.0.0-rc.1'), 'lt', '1.0.0'])
})

const missing = spawnSync('lintian', ['--version']).error !== undefined
const skip = missing && process.env.CI !== 'true' && 'needs lintian: apt-get install lintian'

t.test("it obeys Debian's policy", { skip }, async (t) => {
  const args = ['--allow-root', '--fail-on', 'error,warning', build('lint').file]
  const { status, stdout, stderr } = spawnSync('lintian', args, {
    encoding: 'utf8',
    // It leaves things behind.
    env: { ...process.env, TMPDIR: home },
  })
  t.equal(status, 0, stdout + stderr)
})
