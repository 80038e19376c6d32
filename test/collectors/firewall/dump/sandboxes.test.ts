import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Host } from '../../../../agent/model/index.ts'
import { familyOfPort, parseSandbox, readSandboxes } from '../../../../collectors/firewall/dump/sandboxes.ts'
import { node, nodes } from '../look.ts'

const folder = join(nodes, 'healthy/files/var/lib/cni/results')
const ingress = readFileSync(
  join(folder, readdirSync(folder).find((it) => it.startsWith('cbr0-03a9')) ?? ''),
  'utf8',
)

t.test('the recorded answers: the ingress has a port, most pods have none', async (t) => {
  const found = Object.values(await readSandboxes(node('healthy')))
  t.equal(found.filter((it) => it === 0).length, 4)
  t.strictSame(
    found.filter((it) => it !== 0),
    [parseSandbox(ingress)],
  )
})

t.test('what is known is not read again', async (t) => {
  const known = await readSandboxes(node('healthy'))
  const host: Host = { ...node('healthy'), text: async (path) => t.fail(`${path} was read`) as never }
  t.strictSame(await readSandboxes(host, known), known)
})

t.test('the family of a port is that of its address', async (t) => {
  t.equal(familyOfPort('tcp 80 10.42.0.36:80'), 'ipv4')
  t.equal(familyOfPort('tcp 80 [fd42::24]:80'), 'ipv6')
})

t.test('of more answers than are read none counts as gone', async (t) => {
  const list = async () =>
    Array.from({ length: 1025 }, (_, at) => ({
      name: `cbr0-${at.toString(16).padStart(13, '0')}${'0'.repeat(51)}-eth0`,
      kind: 'file' as const,
    }))
  await t.rejects(readSandboxes({ list } as unknown as Host), { code: 'too-large' })
})

t.test('hostile or strange answers', async (t) => {
  const broken = JSON.parse(ingress)
  for (const text of ['', '[]', 'null', '{"cniArgs":{}}', JSON.stringify({ ...broken, config: '' })])
    t.equal(parseSandbox(text), undefined, text.slice(0, 30))
  const named = (name: string) =>
    parseSandbox(ingress.replace('["K8S_POD_NAME","ingress"]', JSON.stringify(['K8S_POD_NAME', name])))
  t.equal(named('x; reboot'), undefined, 'a name that cannot stand in a command')
  t.equal(named('$(reboot)'), undefined)
})
