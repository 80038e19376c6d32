import t from 'tap'
import type { Host } from '../../../../agent/model/index.ts'
import { readNative, readTable } from '../../../../collectors/firewall/dump/native.ts'

const table = (text: string, name = 'mine', kind = 'inet') => {
  const reading = readTable({ kind, name, family: 'ipv4', argv: [] })
  for (const line of text.split('\n')) reading.line(line)
  return reading.end()
}
const firewalld = `table inet firewalld {
	set trusted {
		type ipv4_addr
		elements = { 192.0.2.1,
			     192.0.2.2 }
	}

	chain filter_INPUT {
		type filter hook input priority filter + 10; policy accept;
		ct state { established, related } accept
		jump filter_INPUT_ZONES
		reject with icmpx admin-prohibited
	}

	chain filter_INPUT_ZONES {
		ip saddr { 10.0.0.0/8,
			   172.16.0.0/12 } accept
	}
}`

t.test('rules, those in base chains, and whether it may decide over what comes in', (t) => {
  const { set, decides } = table(firewalld, 'firewalld')
  t.match(set, {
    rules: 4,
    cells: { 'firewalld firewalld': [4, 3] },
    backend: 'native',
    table: 'inet firewalld',
  })
  t.same(decides, ['input'])
  const open = firewalld.replace(/\t\treject.*\n/, '')
  t.same(table(open).decides, [])
  t.same(table(open.replace('policy accept', 'policy drop')).decides, ['input'])
  const map = '\tmap ports {\n\t\telements = { 22 : drop }\n\t}\n}'
  t.same(table(open.replace(/}$/, map)).decides, ['input'], 'a map decides as well')
  t.same(table(firewalld.replace('hook input', 'hook output')).decides, ['output'])
  t.not(table(firewalld).set.own, table(firewalld.replace('172.16.0.0', '172.17.0.0')).set.hash)
  const proxy = table(firewalld, 'kube-proxy', 'ip')
  t.same(proxy.set.cells, { 'kube-proxy kube-proxy': [4, 3] })
  t.same(proxy.decides, [], 'what it drops are services without pods')
  t.end()
})

t.test('host ports of portmap’s nftables backend', (t) => {
  const { ports } = table(
    'table ip cni_hostport {\n\tchain hostports {\n\t\tip protocol tcp th dport 80 dnat to 10.42.0.36:80\n\t}\n}',
    'cni_hostport',
    'ip',
  )
  t.same(ports, ['tcp 80'])
  t.end()
})

t.test('tables of iptables are not read twice, and a table that goes is none', async (t) => {
  const ran: string[] = []
  const host = {
    run: async (argv: readonly string[]) => {
      ran.push(argv.join(' '))
      if (argv[1] === 'list')
        return {
          stdout: 'table ip filter\ntable ip6 filter\ntable inet x\ntable bridge y\n',
          stderr: '',
          exit: 0,
        }
      return { stdout: '', stderr: 'No such file', exit: 1 }
    },
  } as unknown as Host
  const found = await readNative(host, 'nft', { ipv4: new Set(['filter']), ipv6: new Set() })
  t.same(ran, ['nft list tables', 'nft -s list table ip6 filter', 'nft -s list table inet x'])
  t.same(found.sets, [])
})

t.test("of many tables Kubernetes' are read, and the rest may decide", async (t) => {
  const names = Array.from({ length: 40 }, (_, at) => `table inet x${at}\n`)
  const host = {
    run: async (argv: readonly string[], { line }: { line?: (line: string) => void } = {}) => {
      if (argv[1] === 'list')
        return { stdout: `${names.join('')}table ip cni_hostport\n`, stderr: '', exit: 0 }
      const chain = ['\tchain hostports {', '\t\tip protocol tcp th dport 80 dnat to 10.42.0.36:80', '\t}']
      for (const it of ['table x {', ...(argv.includes('cni_hostport') ? chain : []), '}']) line?.(it)
      return { stdout: '', stderr: '', exit: 0 }
    },
  } as unknown as Host
  const found = await readNative(host, 'nft', { ipv4: new Set(), ipv6: new Set() })
  t.same(found.ports, ['tcp 80'])
  t.equal(found.sets.length, 16)
  t.equal(found.deciding.length, 25, 'none of them counts as letting everything in')
})

t.test('what filters is read once more to be followed, and decides where that fails', async (t) => {
  const printed = JSON.stringify({
    nftables: [
      { chain: { name: 'in', type: 'filter', hook: 'input', prio: 0, policy: 'accept' } },
      { rule: { chain: 'in', handle: 7, expr: [{ drop: null }] } },
    ],
  })
  const read = (json: string | Error, kind = 'inet') =>
    readNative(
      {
        run: async (argv: readonly string[], { line }: { line?: (line: string) => void } = {}) => {
          const done = (stdout: string) => ({ stdout, stderr: '', exit: 0 })
          if (argv[1] === 'list') return done(`table ${kind} mine\n`)
          if (argv[1] === '-j') {
            if (json instanceof Error) throw json
            return done(json)
          }
          for (const it of [
            'table x {',
            '\tchain in {',
            '\t\ttype filter hook input priority 0;',
            '\t\tdrop',
            '\t}',
            '}',
          ])
            line?.(it)
          return done('')
        },
      } as unknown as Host,
      'nft',
      { ipv4: new Set(), ipv6: new Set() },
    )
  const found = await read(printed)
  t.same(
    found.followed.map((it) => `${it.name} ${it.family}`),
    ['inet mine ipv4', 'inet mine ipv6'],
  )
  t.same(found.deciding, [])
  t.same(
    (await read(printed, 'ip6')).followed.map((it) => it.family),
    ['ipv6'],
  )
  for (const other of ['no JSON', '[1', new Error('too large')]) {
    const it = await read(other)
    t.same([it.followed, it.deciding], [[], [{ table: 'inet mine', hooks: ['input'] }]], `${other}`)
  }
})

t.test('another program of that name, and output that breaks off, are no answer', async (t) => {
  const read = (list: object, table: readonly string[] = []) =>
    readNative(
      {
        run: async (argv: readonly string[], { line }: { line?: (line: string) => void } = {}) => {
          if (argv[1] === 'list') return { stdout: '', stderr: '', exit: 0, ...list }
          for (const it of table) line?.(it)
          return { stdout: '', stderr: '', exit: 0 }
        },
      } as unknown as Host,
      'nft',
      { ipv4: new Set(), ipv6: new Set() },
    )
  const none = { sets: [], followed: [], deciding: [], ports: [] }
  t.same(await read({}), none, 'no table')
  const warning = '# Warning: table ip nat is managed by iptables-nft, do not touch!\n'
  t.match(
    await read({ stdout: `${warning}table inet mine\n` }, ['table inet mine {', '}']),
    { sets: [{ table: 'inet mine' }] },
    'a comment between them',
  )
  const old = 'netlink: Error: cache initialization failed: Protocol not supported'
  t.same(await read({ exit: 1, stderr: old }), none, 'no nftables in the kernel')
  const refused = { exit: 1, stderr: 'netlink: Error: cache initialization failed: Operation not permitted' }
  await t.rejects(read(refused), { code: 'failed', message: /Operation not permitted$/ })
  await t.rejects(read({ stdout: 'usage: nft\n' }), {
    code: 'failed',
    message: /did not print nftables' tables/,
  })
  await t.rejects(read({ stdout: 'table inet x\n' }, ['table inet x {', '\tchain a {']), /not a whole table/)
  await t.rejects(read({ stdout: 'table inet x\n' }), /not a whole table/, 'nothing at all')
})
