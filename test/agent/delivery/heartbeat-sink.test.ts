import t from 'tap'
import { asSink } from '../../../agent/delivery/heartbeat-sink.ts'
import { redactor, redactorOfAll } from '../../../agent/delivery/redact.ts'
import { settings } from './heartbeats/beats.ts'

const kuma = settings({ type: 'kuma', url: 'https://kuma.example/api/push/s3cr3t-t0ken' })
const gatus = settings({
  ...{
    type: 'gatus',
    url: 'https://gatus.example/api/v1/endpoints/core_node1/external',
    token: 'potato-token',
  },
})

t.test('its secrets are in no text', async (t) => {
  const text = (it: string) => redactor(asSink(kuma).sink, asSink(kuma).settings)(it)
  t.equal(text('at https://kuma.example/api/push/s3cr3t-t0ken?x'), 'at <hidden>?x')
  t.equal(text('/api/push/s3cr3t-t0ken refused'), '/api/push/<hidden> refused')
  const all = redactorOfAll([asSink(kuma), asSink(gatus)])
  t.equal(all('potato-token s3cr3t-t0ken core_node1'), '<hidden> <hidden> <hidden>')
  t.equal(
    all('endpoints of an external push'),
    'endpoints of an external push',
    'words that all addresses hold',
  )
})

t.test('where it goes', async (t) => {
  const { sink, settings: its } = asSink(gatus)
  const [letter] = sink.compose({ kind: 'test', id: 'x', node: '', at: 0 }, its)
  t.equal(URL.parse(letter?.url ?? '')?.host, 'gatus.example')
})
