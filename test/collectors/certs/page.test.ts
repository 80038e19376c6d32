import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { main, nodes, typed } from '../../agent/cli/commands/typed.ts'
import { certificates, days } from './openssl.ts'

const { agent, folder } = typed(t)

t.test('certs shows every certificate, and its exit code tells', async (t) => {
  const healthy = agent('certs', '--node', join(nodes, 'healthy'))
  t.equal(healthy.exit, 0, healthy.err)
  t.match(healthy.out, /\nok +dynamic-cert\.json +2027-11-23 +364 d +server-ca\n/)
  t.notMatch(healthy.out, /k3s-client-ca/)
  const soon = agent('certs', '--expiring-within', '365d', '-o', 'name', '--node', join(nodes, 'healthy'))
  t.match(soon, { exit: 0, out: /^\/var\/lib\/rancher\/k3s\/agent\/client-k3s-controller\.crt\n/ })
  t.match(agent('certs', '--expiring-within', 'soon', '--node', join(nodes, 'healthy')), {
    ...{ exit: 3, err: /--expiring-within soon: use for example/ },
  })
  t.match(agent('certs', '--all', '--node', join(nodes, 'healthy')).out, /k3s-client-ca[\s\S]*unused/)
  const json = JSON.parse(agent('certs', '--json', '--node', join(nodes, 'healthy')).out)
  t.match(json, { version: 2, node: 'node1', findings: [], unseen: [] })
  t.equal(json.data.certificates.length, 15)
  t.match(json.data.certificates[0], { state: 'ok', where: /^\//, serial: /^[0-9A-F]+$/, to: /^20\d\d-.*Z$/ })

  const { issue } = certificates(t)
  const file = join(folder, 'certs.pem')
  const own = join(folder, 'certs.yaml')
  writeFileSync(
    own,
    `state_dir: ${folder}/none\nsocket: ${folder}/none.sock\ncollectors:\n  certs:\n    paths: ['${file}']\n`,
  )
  for (const [left, exit] of [
    [300, 0],
    [20, 1],
    [5, 2],
    [-1, 2],
  ] as const) {
    writeFileSync(file, issue({ subject: '/CN=a', from: days(left - 365), to: days(left) }).pem)
    const ran = spawnSync(process.execPath, [main, '--config', own, 'certs', '--json'], { encoding: 'utf8' })
    t.equal(ran.status, exit, `${left} days: ${ran.stderr}`)
  }
  writeFileSync(file, 'garbage')
  const bad = spawnSync(process.execPath, [main, '--config', own, 'certs'], { encoding: 'utf8' })
  t.equal(bad.status, 1)
  t.match(bad.stdout, /unreadable {2}certs\n {2}.*certs\.pem holds no certificate/)
})
