import t from 'tap'
import { type Host, HostError } from '../../../agent/model.ts'
import { readUfw } from '../../../collectors/firewall/ufw.ts'

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
  t.same(await readUfw(host({ '/etc/ufw/ufw.conf': '# ENABLED=no\nENABLED=yes\n' })), { enabled: true })
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
