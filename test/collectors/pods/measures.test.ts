import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { pods } from '../../../collectors/pods/index.ts'
import { measures } from '../../../collectors/pods/measures.ts'
import { declaredAlone } from '../../measures.ts'

t.test('of recorded nodes', (t) => declaredAlone(t, pods, 'containers_restarting'))

t.test('the 50 containers with most restarts, and how many there are', async (t) => {
  const restarting = Array.from({ length: 80 }, (_, at) => ({
    ...{ pod: { namespace: 'shop', name: `web-${at}`, container: 'app' }, restarts: at, times: [] },
  }))
  const all = measures.of({ places: {}, restarting, said: [], left: 9 }, defaults(pods.settings), 0)
  t.equal(all.length, 52)
  t.match(all[0], { labels: { namespace: 'shop', pod: 'web-79', container: 'app' }, value: 79 })
  t.match(all.slice(-2), [{ value: 80 }, { name: 'pod_logs_unread_bytes', value: 9 }])
})
