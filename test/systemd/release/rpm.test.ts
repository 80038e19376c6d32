import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { writeRpm } from '../../../systemd/release/rpm.ts'
import { standIn } from './stand-in.ts'

const missing = spawnSync('rpmbuild', ['--version']).error !== undefined
const skip = missing && process.env.CI !== 'true' && 'needs rpmbuild: apt-get install rpm'
const home = mkdtempSync(join(tmpdir(), 'murphy-rpm-'))
t.teardown(() => rmSync(home, { recursive: true }))
const release = standIn(join(home, 'release'))

function build(folder: string, cpu: 'x64' | 'arm64', version = '1.2.3') {
  const into = join(home, folder)
  mkdirSync(into, { recursive: true })
  return join(into, writeRpm({ release, work: join(into, 'work'), into, cpu, version, time: 1_700_000_000 }))
}

t.test('rpm reads what it is, and finds every file as it was', { skip }, async (t) => {
  const file = build('one', 'arm64', '1.2.3-rc.1')
  t.match(file, /\/murphy-1\.2\.3~rc\.1-1\.aarch64\.rpm$/)
  // A database of its own: rpm makes one where it is asked anything.
  const rpm = (...args: string[]) =>
    execFileSync('rpm', ['--dbpath', join(home, 'db'), ...args, file], { encoding: 'utf8' })
  t.match(rpm('-K'), /: digests OK$/m)
  t.equal(
    rpm('-qp', '--qf', '%{ARCH} %{BUILDTIME} %{BUILDHOST} %{PAYLOADCOMPRESSOR}'),
    'aarch64 1700000000 murphy gzip',
  )
  const listed = rpm('-qlp', '--dump').trim().split('\n')
  for (const it of listed) t.match(it, / 1700000000 .* root root /, it)
  t.match(rpm('-qlp'), /^\/usr\/libexec\/murphy\/bin\/node\n/m)
  for (const it of ['--prein', '--postin', '--preun', '--postun']) {
    const body = rpm('-qp', '--qf', `%{${it.slice(2).toUpperCase()}}`)
    t.match(body, 'murphy')
    t.equal(spawnSync('sh', ['-n'], { input: body }).status, 0, `a shell reads ${it}`)
  }
  mkdirSync(join(home, 'raw'))
  execFileSync('sh', ['-c', `rpm2cpio ${file} | cpio --quiet -id`], { cwd: join(home, 'raw') })
  const list = "find . ! -type d -printf '%M %p %l\\n' | sort -k2 | grep -v /share/"
  t.equal(
    execFileSync('sh', ['-c', list], { cwd: join(home, 'raw'), encoding: 'utf8' }),
    `lrwxrwxrwx ./usr/bin/agent ../libexec/murphy/bin/murphy
lrwxrwxrwx ./usr/bin/murphy ../libexec/murphy/bin/murphy
-rw-r--r-- ./usr/lib/systemd/system/murphy-last-word.service 
-rw-r--r-- ./usr/lib/systemd/system/murphy.service 
-rw-r--r-- ./usr/lib/sysusers.d/murphy.conf 
-rw-r--r-- ./usr/libexec/murphy/agent/main.js 
-rw-r--r-- ./usr/libexec/murphy/agent/package.json 
-rwxr-xr-x ./usr/libexec/murphy/bin/murphy 
-rwxr-xr-x ./usr/libexec/murphy/bin/node 
`,
  )
  const unit = readFileSync(join(home, 'raw/usr/lib/systemd/system/murphy.service'), 'utf8')
  t.match(unit, /^ExecStart=\/usr\/libexec\/murphy\/bin\/node /m)
})

t.test('the same bytes in two folders', { skip }, async (t) => {
  t.ok(readFileSync(build('here', 'x64')).equals(readFileSync(build('in/another', 'x64'))))
})
