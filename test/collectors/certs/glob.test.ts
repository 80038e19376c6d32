import t from 'tap'
import { expand, isGlob, matches } from '../../../collectors/certs/glob.ts'
import { machine } from '../node/machine.ts'

t.test('names', async (t) => {
  for (const [pattern, name] of [
    ['*.crt', 'a.crt'],
    ['*', 'anything'],
    ['a?c*', 'abc'],
    ['*a*b', 'xaxb'],
    ['a.crt', 'a.crt'],
    ['**', ''],
    ['[x]', '[x]'],
  ] as const)
    t.ok(matches(pattern, name), `${pattern} ${name}`)
  for (const [pattern, name] of [
    ['*.crt', 'a.crt.bak'],
    ['a?c', 'ac'],
    ['a', 'ab'],
    ['*b', 'a'],
    ['', 'a'],
  ] as const)
    t.notOk(matches(pattern, name), `${pattern} ${name}`)
  t.ok(isGlob('/a/*'))
  t.notOk(isGlob('/a/b.crt'))
})

t.test('a pattern made to be slow is not', async (t) => {
  const begun = performance.now()
  t.notOk(matches(`${'*a'.repeat(100)}*b`, 'a'.repeat(255)))
  t.ok(performance.now() - begun < 500)
})

t.test('paths', async (t) => {
  const host = machine(t, {
    '/etc/tls/a/cert.pem': '',
    '/etc/tls/b/cert.pem': '',
    '/etc/tls/b/other.txt': '',
    '/etc/tls/.hidden/cert.pem': '',
    '/etc/tls/file.pem': '',
  })
  t.same(await expand(host, '/etc/tls/*/*.pem', 100), ['/etc/tls/a/cert.pem', '/etc/tls/b/cert.pem'])
  t.same(await expand(host, '/etc/tls/*.pem', 100), ['/etc/tls/file.pem'])
  t.same(await expand(host, '/etc/tls/.h*/cert.pem', 100), ['/etc/tls/.hidden/cert.pem'])
  t.same(await expand(host, '/etc/nothing/*', 100), [])
  t.same(await expand(host, '/etc/tls/*', 1), ['/etc/tls/a'])
})
