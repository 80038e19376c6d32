import t from 'tap'
import {
  commandFlags,
  configFile,
  environmentFlags,
  execStart,
  mergeFlags,
  parseEnvironment,
  roleOf,
  unitValues,
  words,
} from '../../../collectors/node/flags.ts'
import { unit } from './machine.ts'

t.test(
  'ExecStart as the installer writes it: a flag a line, quoted, a backslash at the end of the last',
  async (t) => {
    const text = unit(
      "/usr/local/bin/k3s \\\n    server \\\n\t'--data-dir' \\\n\t'/mnt/big disk/k3s' \\\n\t'--tls-san=a.example' \\\n",
    )
    t.same(execStart(text), [
      '/usr/local/bin/k3s',
      'server',
      '--data-dir',
      '/mnt/big disk/k3s',
      '--tls-san=a.example',
    ])
    t.same(execStart('[Service]\nExecStart=-/usr/bin/k3s agent --node-label="a=b c" -v 1\n'), [
      '/usr/bin/k3s',
      'agent',
      '--node-label=a=b c',
      '-v',
      '1',
    ])
    t.same(execStart('[Service]\nType=notify\n'), [])
  },
)

t.test(
  'a drop-in takes the command back and gives another; comments may stand between the lines',
  async (t) => {
    const both = `${unit('/usr/local/bin/k3s server')}\n[Service]\nExecStart=\nExecStart=/usr/local/bin/k3s server \\\n# on the big disk\n --data-dir /srv/k3s\n`
    t.same(execStart(both), ['/usr/local/bin/k3s', 'server', '--data-dir', '/srv/k3s'])
    t.same(unitValues('Environment=A=1\nEnvironment=B=2\n', 'Environment'), ['A=1', 'B=2'])
    t.same(unitValues('ExecStartPre=x\n', 'ExecStart'), [], 'another key with the same beginning')
    t.same(words(`"K3S_DATA_DIR=/a b" K3S_URL='https://x:6443' C=d`), [
      'K3S_DATA_DIR=/a b',
      'K3S_URL=https://x:6443',
      'C=d',
    ])
  },
)

t.test('the role is the command, not any word that looks like one', async (t) => {
  t.equal(roleOf(['/usr/local/bin/k3s', 'agent', '--node-name', 'server']), 'agent')
  t.equal(roleOf(['k3s', '--debug', 'server']), 'server')
  t.equal(roleOf(['k3s', 'kubectl', 'get', 'nodes', 'server']), undefined)
  t.equal(roleOf(['k3s', 'certificate', 'rotate', 'agent']), undefined)
  t.equal(roleOf(['server']), undefined, 'the program itself is no command')
  t.equal(roleOf([]), undefined)
})

t.test('an environment file, also one written by `export`', async (t) => {
  t.same(
    parseEnvironment(
      `K3S_TOKEN='abc'\nexport K3S_URL="https://10.0.0.1:6443"\n\n\n# K3S_NODE_NAME=no\n  K3S_NODE_NAME=n1 \nQUOTE="\n`,
    ),
    { K3S_TOKEN: 'abc', K3S_URL: 'https://10.0.0.1:6443', K3S_NODE_NAME: 'n1', QUOTE: '"' },
  )
  t.same(environmentFlags({ K3S_URL: 'https://10.0.0.1:6443', K3S_TOKEN: 'abc', RKE2_DATA_DIR: '' }), {
    server: ['https://10.0.0.1:6443'],
  })
})

t.test('flags of a command line in all their forms', async (t) => {
  t.same(
    commandFlags([
      'k3s',
      'server',
      '--cluster-init',
      '--tls-san',
      'a',
      '--tls-san=b',
      '-d',
      '/x',
      '--kubelet-arg=v=2',
    ]),
    { 'cluster-init': ['true'], 'tls-san': ['a', 'b'], 'data-dir': ['/x'], 'kubelet-arg': ['v=2'] },
  )
  t.same(commandFlags(['k3s', 'server', '--data-dir=', '--x=a\nb']), { 'data-dir': [''], x: ['a\nb'] })
})

t.test("k3s's config file: scalars, lists, quotes, comments", async (t) => {
  t.same(
    configFile(
      [
        '# comment',
        'data-dir: "/mnt/a #1"   # where it is',
        "write-kubeconfig: '/x y'",
        'cluster-init: true',
        'disable:',
        '  - traefik # not this one',
        "  - 'servicelb'",
        '- metrics-server',
        'tls-san+: [a.example, "b.example"]',
        'node-label:',
        '"flannel-backend": none\r',
        'nested:',
        '  data-dir: /wrong',
        'empty: # nothing',
        'url:not-a-key',
      ].join('\n'),
    ),
    {
      'data-dir': ['/mnt/a #1'],
      'write-kubeconfig': ['/x y'],
      'cluster-init': ['true'],
      disable: ['traefik', 'servicelb', 'metrics-server'],
      'tls-san': ['a.example', 'b.example'],
      'node-label': [],
      'flannel-backend': ['none'],
      nested: [],
      empty: [],
    },
  )
})

t.test('secrets are no flags', async (t) => {
  t.same(
    mergeFlags(
      { token: ['t'], 'agent-token': ['t'], 'datastore-endpoint': ['postgres://u:p@h/d'], 'vpn-auth': ['v'] },
      commandFlags(['k3s', 'agent', '-t', 'secret', '--etcd-s3-secret-key', 'x', '--etcd-s3-access-key=x']),
      { 'token-file': ['/etc/token'], 'data-dir': ['/old'] },
      { 'data-dir': ['/new'] },
    ),
    { 'token-file': ['/etc/token'], 'data-dir': ['/new'] },
  )
})

t.test('a megabyte of blanks, quotes or brackets takes no time', async (t) => {
  const begun = process.cpuUsage()
  for (const piece of [' ', '\n', '\t', '"', "'", '[', '\\\n', '- ', 'a: #', 'A=', '=', '-', '#']) {
    const text = piece.repeat(Math.floor(300_000 / piece.length))
    configFile(text)
    configFile(`a: ${text}`)
    parseEnvironment(text)
    parseEnvironment(`A=${text}`)
    execStart(`ExecStart=${text}`)
    commandFlags([`--${text}`, text])
  }
  const { user } = process.cpuUsage(begun)
  t.ok(user < 4_000_000, `took ${user} microseconds of its own`)
})

t.test('flags from outside are only names: none of them reaches what every object has', async (t) => {
  const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty']
  const argv = names.flatMap((name) => [`--${name}`, 'x', `-${name}`, 'y'])
  const found = mergeFlags(commandFlags(argv), configFile(names.map((name) => `${name}: z\n`).join('')))
  for (const name of names) t.same(found[name], ['z'], name)
  t.same(commandFlags(argv).constructor, ['x', 'y'])
  t.equal(mergeFlags(commandFlags([])).constructor, undefined, 'nor is there one that nobody gave')
  t.same(environmentFlags(parseEnvironment('constructor=x\n__proto__=y\n')), Object.create(null))
})

t.test('so many flags are read and no more, in time that grows with their number', async (t) => {
  const many = commandFlags(Array.from({ length: 400_000 }, () => '-a'))
  t.equal(many.a?.length, 200)
  const names = commandFlags(Array.from({ length: 100_000 }, (_, at) => `--flag-${at}`))
  t.equal(Object.keys(names).length, 500)
  t.equal(configFile(`a:\n${'- x\n'.repeat(10_000)}`).a?.length, 200)
})
