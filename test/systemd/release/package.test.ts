import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { filesBelow, layOutPackage, setPackageModes } from '../../../systemd/release/package.ts'
import { standIn } from './stand-in.ts'

const home = mkdtempSync(join(tmpdir(), 'murphy-package-'))
t.teardown(() => rmSync(home, { recursive: true }))

t.test('a package has the program where a distribution has programs', async (t) => {
  const folder = join(home, 'package')
  layOutPackage(folder, standIn(join(home, 'release')), '/usr/lib/murphy')
  setPackageModes(folder, '/usr/lib/murphy')
  const unit = readFileSync(join(folder, 'usr/lib/systemd/system/murphy.service'), 'utf8')
  t.match(unit, /^ExecStart=\/usr\/lib\/murphy\/bin\/node .*\/usr\/lib\/murphy\/agent\/main.js run$/m)
  t.match(unit, /^ExecPaths=\/usr\/lib\/murphy\/bin\/node /m)
  for (const it of filesBelow(folder).filter((it) => !it.endsWith('.gz')))
    t.notMatch(readFileSync(join(folder, it), 'latin1'), '/opt/murphy', it)
  const find = 'find . ! -type d -printf "%M %p %l\\n" | sort -k2 | grep -v "/share/"'
  t.equal(
    execFileSync('sh', ['-c', find], { cwd: folder, encoding: 'utf8' }),
    `-rwxr-xr-x ./etc/update-motd.d/60-murphy 
lrwxrwxrwx ./usr/bin/agent ../lib/murphy/bin/murphy
lrwxrwxrwx ./usr/bin/murphy ../lib/murphy/bin/murphy
-rw-r--r-- ./usr/lib/murphy/agent/LICENSES 
-rw-r--r-- ./usr/lib/murphy/agent/main.js 
-rw-r--r-- ./usr/lib/murphy/agent/package.json 
-rwxr-xr-x ./usr/lib/murphy/bin/murphy 
-rwxr-xr-x ./usr/lib/murphy/bin/node 
-rw-r--r-- ./usr/lib/systemd/system/murphy-last-word.service 
-rw-r--r-- ./usr/lib/systemd/system/murphy.service 
-rw-r--r-- ./usr/lib/sysusers.d/murphy.conf 
`,
  )
})
