import t from 'tap'
import { handshakeKey, questionKey, requestName, slug } from '../../../agent/host/recording.ts'

t.test('each question has a name of its own in a recording', async (t) => {
  t.equal(slug(['ip', '-j', 'route', 'show']), 'ip_-j_route_show')
  t.equal(slug(['cat', '/etc/../passwd']), 'cat_etc_.._passwd', 'no command leaves the folder')
  t.equal(slug(['x'.repeat(500)]).length, 180)
  t.equal(
    requestName({ host: '127.0.0.1', port: 10_248, path: '/healthz', plain: true }),
    'http://127.0.0.1:10248/healthz',
  )
  t.equal(
    requestName({ host: '::1', port: 6443, path: '/version', as: { certificate: '/c.crt', key: '/c.key' } }),
    'https://::1:6443/version as /c.crt',
  )
  t.equal(questionKey({ server: '10.43.0.10', name: 'a.b' }), '10.43.0.10:53 A a.b')
  t.equal(handshakeKey({ host: 'a', port: 1 }), 'a:1')
  t.equal(handshakeKey({ host: 'a', port: 1, servername: 'b' }), 'a:1/b')
})
