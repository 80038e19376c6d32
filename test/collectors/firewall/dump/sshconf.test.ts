import t from 'tap'
import { type Host, HostError } from '../../../../agent/model/index.ts'
import {
  configPorts,
  configuredPorts,
  listenPorts,
  optionPorts,
} from '../../../../collectors/firewall/dump/sshconf.ts'

t.test('ports of sshd_config', (t) => {
  t.same(configPorts('#Port 22\nPort 2222\n  port 22022\nPort 99999'), [2222, 22022])
  t.same(
    configPorts(
      'ListenAddress 192.0.2.1:2200\nListenAddress [2001:db8::1]:2201\nListenAddress ::\nListenAddress host',
    ),
    [2200, 2201],
  )
  t.same(configPorts('PermitRootLogin no\nX11Forwarding yes'), [])
  t.end()
})

t.test('ports of a socket unit', (t) => {
  t.same(listenPorts('[Socket]\nListenStream=22\nAccept=no'), [22])
  t.same(
    listenPorts('ListenStream=22\nListenStream=\nListenStream=0.0.0.0:2222\nListenStream=[::]:2222'),
    [2222],
  )
  t.same(listenPorts('ListenStream=22\n'.repeat(60_000)), [22])
  t.same(listenPorts('\n'.repeat(900_000)), [])
  t.same(listenPorts('ListenStream=/run/sshd.sock\nListenStream=@x\nListenStream=vsock::22x'), [])
  t.end()
})

t.test('ports in options', (t) => {
  t.same(optionPorts('# -p 1\nSSHD_OPTS="-4 -p 2222"'), [2222])
  t.same(optionPorts("DROPBEAR_PORT=22\nDROPBEAR_EXTRA_ARGS='-w -p 192.0.2.1:2022 -p2023'"), [22, 2022, 2023])
  t.same(optionPorts('SSHD_OPTS=\nOPTIONS="-u0 --p 5"'), [])
  t.end()
})

const host = (files: Readonly<Record<string, string>>) =>
  ({
    text: async (path: string) => {
      const it = files[path]
      if (it === undefined) throw new HostError('missing', path)
      return it
    },
    list: async (folder: string) =>
      Object.keys(files)
        .filter((it) => it.startsWith(`${folder}/`))
        .map((it) => ({ name: it.slice(folder.length + 1), kind: 'file' })),
    stat: async (path: string) => {
      if (files[path] === undefined) throw new HostError('missing', path)
      return {}
    },
  }) as unknown as Host

t.test('where SSH was told to listen', async (t) => {
  t.same(await configuredPorts(host({})), [22])
  t.same(
    await configuredPorts(host({ '/etc/ssh/sshd_config': 'Port 2222', '/etc/default/ssh': 'SSHD_OPTS=' })),
    [2222],
  )
  const lib = { '/usr/lib/systemd/system/ssh.socket': '[Socket]\nListenStream=22\n' }
  t.same(
    await configuredPorts(host({ ...lib, '/etc/ssh/sshd_config': 'Port 2222' })),
    [2222],
    'a socket that is not enabled does not listen',
  )
  const on = { ...lib, '/etc/systemd/system/sockets.target.wants/ssh.socket': '' }
  t.same(
    await configuredPorts(host({ ...on, '/etc/ssh/sshd_config': 'Port 2222' })),
    [22],
    'nor does sshd itself',
  )
  const reset = 'ListenStream=\nListenStream=2200'
  t.same(
    await configuredPorts(host({ ...on, '/etc/systemd/system/ssh.socket.d/override.conf': reset })),
    [2200],
  )
  t.same(
    await configuredPorts(host({ ...on, '/run/systemd/generator/ssh.socket.d/addresses.conf': reset })),
    [2200],
  )
  t.same(
    await configuredPorts(
      host({
        ...on,
        '/etc/systemd/system/ssh.socket.d/addresses.conf': 'ListenStream=\nListenStream=2201',
        '/run/systemd/generator/ssh.socket.d/addresses.conf': reset,
      }),
    ),
    [2201],
    'of two that are called the same, the one of people counts',
  )
})
