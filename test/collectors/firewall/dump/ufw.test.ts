import t from 'tap'
import { type Host, HostError } from '../../../../agent/model/index.ts'
import { filedRules, readUfw } from '../../../../collectors/firewall/dump/ufw.ts'

const host = (files: Record<string, string>) =>
  ({
    text: async (path: string) => {
      const text = files[path]
      if (text === undefined) throw new HostError('missing', path)
      return text
    },
  }) as unknown as Host

t.test('ufw by its own files', async (t) => {
  t.equal(await readUfw(host({})), undefined)
  t.same(await readUfw(host({ '/etc/ufw/ufw.conf': '# ENABLED=no\nENABLED=yes\n' })), {
    enabled: true,
    rules: { ipv4: {}, ipv6: {} },
  })
  t.same(
    await readUfw(
      host({
        '/etc/ufw/ufw.conf': 'ENABLED=no',
        '/etc/default/ufw': 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"',
      }),
    ),
    { enabled: false, input: 'DROP' },
  )
  const denied = { text: async () => Promise.reject(new HostError('denied', 'no')) } as unknown as Host
  await t.rejects(readUfw(denied), { code: 'denied' })
})

t.test('rules in its files, as they are in its chains', (t) => {
  const frame = `*filter
:ufw-before-input - [0:0]
# -A ufw-before-input -j ACCEPT
-A ufw-before-input -p icmp --icmp-type echo-request -j ACCEPT
-A ufw-before-input -p udp -d 224.0.0.251 --dport 5353 -j ACCEPT
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-before-input -j ufw-user-input
  -A ufw-after-input -p udp --dport 137 -j ufw-skip-to-policy-input
-A ufw-user-input -p tcp --dport 22 -j ACCEPT
-A POSTROUTING -s 10.8.0.0/24 -j MASQUERADE
COMMIT
`
  t.equal(filedRules(frame, 'frame'), 3)
  t.equal(filedRules(frame, 'user'), 1)
  t.equal(filedRules('-A ufw6-before-input -s fe80::/10 -d ff02::fb -j ACCEPT', 'frame'), 1)
  const several = '-A ufw-before-input -s 192.0.2.1,192.0.2.2 -j ACCEPT'
  t.equal(filedRules(several, 'frame'), undefined, 'one line is two rules')
  t.equal(filedRules(several, 'user'), 0)
  t.equal(filedRules('-A ufw-before-input -s office.example -j ACCEPT', 'frame'), undefined)
  t.end()
})

t.test('what cannot be counted is not compared', async (t) => {
  const files = {
    '/etc/ufw/ufw.conf': 'ENABLED=yes',
    '/etc/ufw/user.rules': '-A ufw-user-input -p tcp --dport 22 -j ACCEPT',
    '/etc/ufw/before.rules': '-A ufw-before-input -i lo -j ACCEPT',
  }
  t.same((await readUfw(host(files)))?.rules?.ipv4, { user: 1 }, 'after.rules is missing')
  t.same((await readUfw(host({ ...files, '/etc/ufw/after.rules': '' })))?.rules?.ipv4, {
    user: 1,
    frame: 1,
  })
})

t.test('a file of line breaks is read in no time', async (t) => {
  const begun = performance.now()
  await readUfw(host({ '/etc/ufw/ufw.conf': '\n'.repeat(900_000), '/etc/default/ufw': '\n'.repeat(900_000) }))
  t.ok(performance.now() - begun < 5_000)
})
