import t from 'tap'
import { type Host, HostError } from '../../../../agent/model/index.ts'
import { listeners, sshPorts } from '../../../../collectors/firewall/checks/ssh.ts'

// Copied from a real machine: 0.0.0.0:22, 127.0.0.1:25, 10.0.0.5:2222, and an established connection.
const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0500000A:08AE 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
   3: 0500000A:0050 0600000A:D2F0 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 30 10 -1
`
const tcp6 = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000
   2: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000
   3: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000
`

t.test('sockets that others can reach', (t) => {
  t.same(listeners(tcp), [
    { families: ['ipv4'], port: 22 },
    { families: ['ipv4'], port: 2222 },
  ])
  t.same(listeners(tcp6), [
    { families: ['ipv4', 'ipv6'], port: 22 },
    { families: ['ipv6'], port: 443 },
  ])
  t.end()
})

const host = (files: Record<string, string | HostError>, more: readonly string[] = []) =>
  ({
    list: async () => more.map((name) => ({ name, kind: 'file' })),
    text: async (path: string) => {
      const it = files[path] ?? new HostError('missing', path)
      if (it instanceof HostError) throw it
      return it
    },
  }) as unknown as Host

t.test('ports that are configured and listened on', async (t) => {
  t.same(await sshPorts(host({ '/proc/net/tcp': tcp, '/proc/net/tcp6': '' })), {
    ports: { ipv4: [22], ipv6: [] },
  })
  t.same(
    await sshPorts(
      host(
        {
          '/etc/ssh/sshd_config.d/a.conf': 'Port 2222',
          '/etc/ssh/sshd_config.d/b.bak': 'Port 443',
          '/proc/net/tcp': tcp,
          '/proc/net/tcp6': tcp6,
        },
        ['a.conf', 'b.bak'],
      ),
    ),
    { ports: { ipv4: [2222], ipv6: [] } },
  )
  t.same(await sshPorts(host({ '/proc/net/tcp': '', '/proc/net/tcp6': '' })), {
    ports: { ipv4: [], ipv6: [] },
  })
})

t.test('what cannot be seen is assumed, and said to be', async (t) => {
  for (const code of ['unrecorded', 'denied', 'too-large'] as const)
    t.same(await sshPorts(host({ '/proc/net/tcp': new HostError(code, 'no') })), {
      ports: { ipv4: [22], ipv6: [22] },
      assumed: true,
    })
})
