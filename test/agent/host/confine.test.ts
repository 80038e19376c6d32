import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import t from 'tap'
import {
  canConfine,
  confined,
  held,
  needs,
  notStarted,
  ofRoot,
  programOf,
} from '../../../agent/host/confine.ts'

const root = process.getuid?.() === 0
const skip = (!canConfine && 'needs setpriv (util-linux)') || (!root && 'needs root')

t.test('a command that is not named gets nothing, and a name alone gives nothing', { skip }, async (t) => {
  const all = held.map((it) => `-${it}`).join()
  t.ok(confined(['/usr/bin/true']).includes(`--inh-caps=${all}`))
  t.ok(confined(['/usr/bin/constructor', 'x']).includes(`--inh-caps=${all}`))
  t.ok(confined(['nft', 'list']).includes(`--inh-caps=${all}`), 'a program is a place, not a word')
  const folder = t.testdir({ nft: '#!/bin/sh\n' })
  chmodSync(`${folder}/nft`, 0o755)
  chownSync(`${folder}/nft`, 65534, 65534)
  t.notOk(ofRoot(`${folder}/nft`))
  t.ok(confined([`${folder}/nft`]).includes(`--inh-caps=${all}`), "somebody else's nft is no nft")
})

t.test('root alone may have put it there', { skip }, async (t) => {
  t.ok(ofRoot('/usr/bin/env'))
  t.notOk(ofRoot('/usr/bin/none'))
  const folder = '/run/murphy-test-confine'
  t.teardown(() => execFileSync('rm', ['-r', folder]))
  mkdirSync(`${folder}/open`, { recursive: true })
  writeFileSync(`${folder}/open/nft`, '')
  t.ok(ofRoot(`${folder}/open/nft`))
  symlinkSync(`${folder}/open/nft`, `${folder}/nft`)
  chmodSync(`${folder}/open`, 0o777)
  t.notOk(ofRoot(`${folder}/open/nft`), 'its folder is for all')
  t.notOk(ofRoot(`${folder}/nft`), 'where a link leads counts')
})

t.test('each gets what it needs and no more: CapEff and CapAmb of what was started', { skip }, async (t) => {
  const bits = { dac_read_search: 2n, net_admin: 12n, net_raw: 13n, syslog: 34n }
  const folder = '/run/murphy-test-needs'
  t.teardown(() => execFileSync('rm', ['-r', folder]))
  mkdirSync(folder)
  for (const name of [...needs.keys(), 'ip', 'cat', 'k3s']) {
    const path = `${folder}/${name}`
    writeFileSync(path, '#!/bin/sh\ngrep ^Cap /proc/self/status\n', { mode: 0o755 })
    // As the unit starts the agent: another user, with ambient capabilities.
    const given = held.map((it) => `+${it}`).join()
    const { stdout, stderr } = spawnSync(
      'setpriv',
      [
        ...['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'],
        ...[`--inh-caps=-all,${given}`, `--ambient-caps=-all,${given}`, '--'],
        ...confined([path], { parent: true }),
      ],
      { encoding: 'utf8' },
    )
    const wanted = (needs.get(name) ?? []).reduce((sum, it) => sum | (1n << bits[it]), 0n)
    for (const kind of ['Inh', 'Prm', 'Eff', 'Amb'])
      t.equal(
        BigInt(`0x${new RegExp(`^Cap${kind}:\\t(\\w+)$`, 'm').exec(stdout)?.[1]}`),
        wanted,
        `${name} ${kind} ${stderr}`,
      )
  }
})

t.test('what could not be started is told apart from what failed', async (t) => {
  t.throws(() => programOf('no-such-command'), { code: 'missing', message: /no command no-such-command/ })
  t.throws(() => programOf('/etc/passwd'), { code: 'missing' }, 'what cannot be run is no program')
  t.equal(programOf('/bin/sh'), '/bin/sh')
  t.equal(notStarted(1, 'setpriv: failed'), undefined)
  t.equal(notStarted(127, 'sh: 1: x: not found'), undefined)
  if (canConfine)
    t.match(notStarted(126, 'setpriv: failed to execute /x: Permission denied\n'), { code: 'EACCES' })
})
