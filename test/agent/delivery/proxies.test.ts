import t from 'tap'
import { EnvHttpProxyAgent } from 'undici'
import { proxiesOf } from '../../../agent/delivery/proxies.ts'

const none = { httpProxy: '', httpsProxy: '', noProxy: '' }

t.test('as curl reads the variables', async (t) => {
  t.strictSame(proxiesOf({}), none)
  t.strictSame(proxiesOf({ http_proxy: 'proxy.lan:3128', HTTP_PROXY: 'http://other' }), {
    ...none,
    httpProxy: 'http://proxy.lan:3128',
  })
  t.strictSame(proxiesOf({ HTTPS_PROXY: 'https://user:word@proxy:1', NO_PROXY: 'a,b' }), {
    ...none,
    httpsProxy: 'https://user:word@proxy:1',
    noProxy: 'a,b',
  })
  for (const http_proxy of ['', ' ', ':', 'http://', 'ftp://a', 'socks4://a'])
    t.strictSame(proxiesOf({ http_proxy }), none, http_proxy)
})

t.test('undici reads no variable itself for one that was no address', async (t) => {
  const { http_proxy } = process.env
  t.teardown(() => {
    if (http_proxy === undefined) delete process.env.http_proxy
    else process.env.http_proxy = http_proxy
  })
  process.env.http_proxy = 'ftp://127.0.0.1:1'
  t.throws(() => new EnvHttpProxyAgent())
  const agent = new EnvHttpProxyAgent(proxiesOf({ ...process.env, https_proxy: 'http://127.0.0.1:1' }))
  await agent.close()
})
