import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readVersion } from '../../../../agent/cli/version.ts'
import { makeKey, signFolder } from '../../../real/published.ts'
import { typed } from './typed.ts'

const { agent } = typed(t)
const source = join(import.meta.dirname, '../../../../agent/cli/commands/version.ts')

/** `agent version --check` of a program that lies beside that install.sh. */
function checked(installer: string) {
  const call = `import('${source}').then(({ version }) => version({ check: true, installer: '${installer}' }))`
  const text = `${call}.then((it) => { process.exitCode = it }, (it) => { console.error(it.message); process.exitCode = it.exit })`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', text], { encoding: 'utf8' })
  return { exit: status, out: stdout, err: stderr }
}

t.test('which one it is', async (t) => {
  t.match(agent('version'), { exit: 0, out: new RegExp(`^murphy ${readVersion()}, node v\\d+\\.`) })
  t.match(
    agent('version', '--check'),
    { exit: 3, err: /it is not known where newer versions are/ },
    'in a checkout',
  )
})

t.test('whether there is a newer one', async (t) => {
  const key = makeKey()
  const place = t.testdir()
  const installer = join(t.testdir({}), 'installer')
  const publish = (version: string) => {
    writeFileSync(join(place, 'stable'), `${version}\n`)
    signFolder(place, key)
    writeFileSync(
      installer,
      `umask 022\nplace='file://${place}/'\npinned='0.0.1'\nkeys='${makeKey().spki} ${key.spki}'\n`,
    )
  }
  publish('99.0.0')
  t.match(checked(installer), {
    exit: 1,
    out: `99.0.0 is newer. Upgrade: sh ${installer} --channel stable\n`,
  })
  publish(readVersion())
  t.match(checked(installer), { exit: 0, out: `It is the newest: file://${place}/ has ${readVersion()}.\n` })
  publish('0.0.1')
  t.match(checked(installer), { exit: 0, out: /It is the newest/ })
  writeFileSync(join(place, 'stable'), '99.0.0\n')
  t.match(checked(installer), {
    exit: 3,
    err: /^could not ask .* for the newest version: the channel stable is not in its/,
  })
  writeFileSync(installer, `place='https://127.0.0.1:9'\nkeys='${key.spki}'\n`)
  t.match(
    checked(installer),
    { exit: 3, err: /could not ask https:\/\/127.0.0.1:9 .*ECONNREFUSED/ },
    'offline',
  )
})
