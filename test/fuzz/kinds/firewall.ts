import { readTable } from '../../../collectors/firewall/dump/native.ts'
import { readSaved } from '../../../collectors/firewall/dump/parse-save.ts'
import { configPorts, listenPorts, optionPorts } from '../../../collectors/firewall/dump/sshconf.ts'
import { filedRules } from '../../../collectors/firewall/dump/ufw.ts'
import { authorOf, deleters, likely, relevantLines } from '../../../collectors/firewall/history/author.ts'
import { nativeTable, stationsOf } from '../../../collectors/firewall/packet/native.ts'
import { follow } from '../../../collectors/firewall/packet/walk.ts'
import { heard } from '../furnished.ts'
import { must, part, textOf } from '../kind.ts'
import { mutated } from '../mutate.ts'
import { through } from './through.ts'

/** As `Host.run` hands over lines. */
function saved(bytes: Buffer): unknown {
  const reading = readSaved({ podNetworks: ['10.42.0.0/16'], probes: [] })
  for (const line of bytes.toString().split('\n')) reading.line(line)
  const { tables: _, ...it } = reading.end()
  must(
    JSON.stringify(it).length < 512 * 1024,
    'what is kept of rules is bounded',
    () => `${JSON.stringify(it).length} bytes`,
  )
  return it
}

export const iptables = through({
  name: 'iptables',
  cases: 40,
  parts: /^run ip6?tables|^run ipset/,
  collectors: ['firewall', 'cni'],
  also: (parts) => parts.filter((it) => it.name.startsWith('run ip')).map((it) => saved(it.bytes)),
  growth: {
    around: ['*filter\n:INPUT DROP [0:0]\n', '*nat\n:KUBE-SERVICES - [0:0]\n', '-A INPUT ', '\nCOMMIT\n', ''],
    pieces: [
      '-A INPUT -j ACCEPT\n',
      '-A INPUT -s 10.0.0.0/8 -p tcp -m multiport --dports 1,2,3 -m comment --comment "a b" -j DROP\n',
      ':X - [0:0]\n',
      '*t\n',
      ' -m comment',
      '"',
      '! -s 1.1.1.1 ',
      '-A ',
      '--update --seconds 1 ',
      '-A CNI-DN-a -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.42.0.36:80\n',
      '# x\n',
    ],
    read: saved,
  },
})

/** A table's lines, and what is heard of changes. */
function listed(text: string): void {
  const reading = readTable({ kind: 'inet', name: 'cni_hostport', family: 'ipv4', argv: [] })
  for (const line of text.split('\n')) reading.line(line)
  const it = reading.end()
  must(
    JSON.stringify(it).length < 128 * 1024,
    'what is kept of a table is bounded',
    () => `${JSON.stringify(it).length} bytes`,
  )
  const told = text.split('\n').filter(relevantLines())
  for (const line of text.split('\n')) authorOf({ at: 0, text: line })
  const heard = told.map((text) => ({ at: 0, text }))
  const losses = new Map(['ipv4 nat', 'ipv4 filter', 'ipv6 filter'].map((it) => [it, { had: 4, lost: 3 }]))
  for (const it of [...likely(heard), ...deleters(heard, losses).values()])
    must(/^[\w.+:?-]{1,32}$/.test(it.name), "an author's name is harmless", () => it.name)
}

/** A table in JSON, as `nft -j` prints it. */
const inJson = JSON.stringify({
  nftables: [
    { chain: { name: 'in', type: 'filter', hook: 'input', prio: 0, policy: 'drop' } },
    {
      set: {
        name: 's',
        elem: [{ prefix: { addr: '192.0.2.0', len: 24 } }, { range: ['10.0.0.1', '10.0.0.9'] }],
      },
    },
    {
      rule: {
        chain: 'in',
        handle: 4,
        expr: [
          { match: { op: '!=', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: '@s' } },
          { vmap: { key: { ct: { key: 'state' } }, data: { set: [['new', { goto: { target: 'in' } }]] } } },
        ],
      },
    },
  ],
})
const packet = { protocol: 'tcp', port: 22, inside: [] } as const

/** A packet followed through it, whatever it says. */
function followed(text: string): void {
  let printed: unknown
  try {
    printed = JSON.parse(text)
  } catch {
    return
  }
  const it = nativeTable(printed, 'inet mine', 'ipv4')
  if (!it) return
  const { verdict, by } = follow(stationsOf([it], packet), packet)
  must(/^(?:accept|drop|maybe)$/.test(verdict) && by.length < 1000, 'there is a verdict', () => by)
}

export const nft = through({
  name: 'nft',
  cases: 50,
  parts: /^run nft/,
  collectors: ['firewall'],
  more: (luck) => [
    part('heard', mutated(luck, Buffer.from(heard.join('\n')))),
    part('json', mutated(luck, Buffer.from(inJson))),
  ],
  also(parts) {
    followed(textOf(parts, 'json'))
    return parts.filter((it) => /^run nft|^heard/.test(it.name)).map((it) => listed(it.bytes.toString()))
  },
  growth: {
    around: [
      '\tchain a {\n\t\ttype filter hook input priority 0; policy drop;\n',
      '# new generation 9 by process 25978 (',
      'table inet a {\n',
      ')',
      '',
    ],
    pieces: [
      '\t\tct state established accept\n',
      '\t\t\t 1.1.1.1,\n',
      '\t\tip protocol tcp th dport 80 dnat to 10.42.0.36:80\n',
      '\tchain a {\n\t}\n',
      'table inet a\n',
      '# new generation 9 by process 25978 (iptables)\n',
      'drop ',
      ')',
      'a',
    ],
    read: (bytes) => listed(bytes.toString()),
  },
})

/** Every text of people's own settings, by each of their readers. */
function read(text: string): void {
  for (const port of [...configPorts(text), ...listenPorts(text), ...optionPorts(text)])
    must(port > 0 && port < 65_536, 'a port is a port', () => `${port}`)
  for (const part of ['user', 'frame'] as const)
    must((filedRules(text, part) ?? 0) >= 0, 'rules are counted', () => text)
}

export const ufw = through({
  name: 'ufw',
  cases: 60,
  parts: /^file \/etc\/(ufw|ssh|default)|ssh\.socket$/,
  collectors: ['firewall'],
  also: (parts) => parts.map((it) => read(textOf(parts, it.name))),
  growth: {
    around: ['-A ufw-user-input ', 'SSHD_OPTS="', 'Port ', 'ListenStream=', 'ENABLED=', '"\n', ''],
    pieces: [
      '-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n',
      ' -s 1.1.1.1',
      ' -p 22',
      ' ',
      '\n',
      'ListenStream=1\n',
      'ListenAddress [::1]:22\n',
      ':',
      '[',
      '-p ',
      'DROPBEAR_PORT=1\n',
      '\t',
    ],
    read: (bytes) => read(bytes.toString()),
  },
})
