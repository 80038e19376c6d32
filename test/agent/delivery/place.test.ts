import t from 'tap'
import { placeOf } from '../../../agent/delivery/place.ts'

t.test('origin and path, without what is not sent', async (t) => {
  for (const [url, origin, path] of [
    ['https://hooks.example/a/b?c=d&e#f', 'https://hooks.example', '/a/b?c=d&e'],
    ['http://[::1]:8080', 'http://[::1]:8080', '/'],
    ['https://user:pass@host:443/x', 'https://host', '/x'],
    ['https://host/ä b', 'https://host', '/%C3%A4%20b'],
  ] as const)
    t.strictSame(placeOf(url), { origin, path })
  t.throws(() => placeOf('no url'), { code: 'ERR_INVALID_URL' })
})
