import t from 'tap'
import type { Host } from '../../../../agent/model/index.ts'
import { hasPeers, needsOf, overlayPort } from '../../../../collectors/firewall/checks/needs.ts'
import { blockedOf } from '../../../../collectors/firewall/checks/verdicts.ts'
import { network } from '../../../../collectors/firewall/packet/networks.ts'
import type { K3s } from '../../../../collectors/node/k3s.ts'
import { printed, saved } from '../look.ts'

const networks = (...texts: string[]) => texts.map(network).filter((it) => it !== undefined)
const k3s = (role: 'server' | 'agent', flags: Record<string, string[]> = {}) =>
  ({ role, flags }) as unknown as K3s
const facts = {
  pods: networks('10.42.0.0/16'),
  inside: networks('10.42.0.0/16', '10.43.0.0/16', '127.0.0.0/8'),
}
const blocked = async (more: string, role: 'server' | 'agent' = 'server') => {
  const needs = needsOf(k3s(role), facts)
  const text = (await printed('ufw-default-deny')).replace(
    /^(-A ufw-user-limit )/m,
    (it) => `${more}${more && '\n'}${it}`,
  )
  const { tables } = saved(
    text,
    needs.map((it) => it.probe),
  )
  const set = { backend: 'nft', family: 'ipv4' } as never
  return blockedOf([{ set, tables, forwards: [], names: [] }], needs, []).map((it) => `${it.need} ${it.port}`)
}

t.test('what ufw drops by default, and what each rule opens', async (t) => {
  t.same(await blocked(''), ['pods-api 6443', 'pods-kubelet 10250', 'nodes-api 6443', 'overlay 8472'])
  t.same(await blocked('', 'agent'), ['pods-kubelet 10250', 'overlay 8472'])
  const user = '-A ufw-user-input'
  t.same(await blocked(`${user} -s 10.42.0.0/16 -j ACCEPT`), ['nodes-api 6443', 'overlay 8472'])
  t.same(await blocked(`${user} -s 10.0.0.0/8 -j ACCEPT`), [], 'other nodes may be in there as well')
  t.same(await blocked(`${user} -i cni0 -j ACCEPT`), ['nodes-api 6443', 'overlay 8472'])
  t.same(await blocked(`${user} -p tcp -m tcp --dport 6443 -j ACCEPT`), [
    'pods-kubelet 10250',
    'overlay 8472',
  ])
  t.same(await blocked(`${user} -s 192.0.2.0/24 -j ACCEPT`), ['pods-api 6443', 'pods-kubelet 10250'])
  t.same(
    await blocked(`${user} -s 10.42.0.0/24 -j ACCEPT`),
    ['nodes-api 6443', 'overlay 8472'],
    'this node’s pods',
  )
  t.same(await blocked(`${user} -i eth0 -s 10.42.0.0/16 -j ACCEPT`).then((it) => it[0]), 'pods-api 6443')
})

t.test('a node of both families: what each of them shuts out', async (t) => {
  const dual = { pods: networks('10.42.0.0/16', 'fd42::/56'), inside: networks('10.42.0.0/16', 'fd42::/56') }
  const shut = async (role: 'server' | 'agent', pods = dual, ...open: readonly [string, string][]) => {
    const needs = needsOf(k3s(role), pods)
    const read = await Promise.all(
      (['ipv4', 'ipv6'] as const).map(async (family) => {
        const of = needs.filter((it) => it.family === family).map((it) => it.probe)
        const text = await printed('ufw-default-deny', `ip${family === 'ipv6' ? '6' : ''}tables-nft-save`)
        const chain = family === 'ipv6' ? 'ufw6' : 'ufw'
        const rules = open.map(([, rule]) => `-A ${chain}-user-input ${rule} -j ACCEPT\n`).join('')
        const set = { backend: 'nft', family } as never
        const { tables } = saved(
          text.replace(
            `-A ${chain}-user-limit `,
            `${open[0]?.[0] === family ? rules : ''}-A ${chain}-user-limit `,
          ),
          of,
        )
        return { set, tables, forwards: [], names: [] }
      }),
    )
    return blockedOf(read, needs, [])
      .filter((it) => it.family === 'ipv6')
      .map((it) => `${it.need} ${it.port}`)
  }
  t.same(await shut('server'), ['pods-api 6443', 'pods-kubelet 10250', 'overlay 8472'])
  t.same(await shut('agent'), ['pods-kubelet 10250', 'overlay 8472'])
  t.same(await shut('server', dual, ['ipv6', '-s fd42::/56']), ['overlay 8472'])
  t.same(await shut('server', dual, ['ipv4', '-s 10.42.0.0/16']), [
    'pods-api 6443',
    'pods-kubelet 10250',
    'overlay 8472',
  ])
  t.same(await shut('server', facts), [], 'quiet where there is one family')
  const six = { pods: networks('fd42::/56'), inside: networks('fd42::/56') }
  t.same(await shut('server', six), ['pods-api 6443', 'pods-kubelet 10250', 'nodes-api 6443', 'overlay 8472'])
})

t.test('ports as k3s and flannel have them', (t) => {
  t.equal(overlayPort(undefined), 8472)
  t.equal(overlayPort('{"Backend":{"Type":"vxlan","Port":4789}}'), 4789)
  t.equal(overlayPort('{"Backend":{"Type":"wireguard"}}'), 51_820)
  t.equal(overlayPort('{"Backend":{"Type":"host-gw"}}'), undefined)
  t.equal(overlayPort('nonsense'), undefined)
  const ports = needsOf(k3s('server', { 'https-listen-port': ['7443'] }), { ...facts, netConf: '{}' })
  t.same(
    ports.map((it) => it.probe.port),
    [7443, 10_250, 7443],
  )
  t.end()
})

t.test('whether there are other nodes', async (t) => {
  const host = (stdout: string) => ({ run: async () => ({ stdout, stderr: '', exit: 0 }) }) as unknown as Host
  t.ok(await hasPeers(host(''), k3s('agent')))
  t.ok(
    await hasPeers(host('[{"dst":"10.42.1.0/24","gateway":"10.42.1.0","dev":"flannel.1"}]'), k3s('server')),
  )
  t.notOk(await hasPeers(host('[{"dst":"default","gateway":"192.0.2.1","dev":"eth0"}]'), k3s('server')))
  t.notOk(await hasPeers(host('[ ]'), k3s('server')))
  for (const other of ['nonsense', '', '{}'])
    await t.rejects(hasPeers(host(other), k3s('server')), { code: 'failed' }, `${other}: not no other node`)
})
