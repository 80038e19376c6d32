import t from 'tap'
import { heartbeatTypeOf } from '../../../agent/model/index.ts'

t.test('a service is known by the form of its address', async (t) => {
  for (const [url, type] of [
    ['https://hc-ping.com/d1665499-e827-441f-bf13-8f15e8f4c0b9', 'healthchecks'],
    ['https://hc-ping.com/fqOOd6-F4MMNuCEnzTU01w/node1', 'healthchecks'],
    ['https://hc.example.org/ping/d1665499-e827-441f-bf13-8f15e8f4c0b9', 'healthchecks'],
    ['https://hc.example.org/ping/fqOOd6-F4MMNuCEnzTU01w/node1?create=1', 'healthchecks'],
    ['https://kuma.example.org/api/push/Xyz?status=up&msg=OK&ping=', 'kuma'],
    ['https://example.org/below/api/push/Xyz/', 'kuma'],
    ['https://gatus.example.org/api/v1/endpoints/core_node1/external', 'gatus'],
    ['https://gatus.example.org/api/v1/endpoints/core_node1/external?success=true', 'gatus'],
    ['https://nosnch.in/TOKEN?s={exit}', 'url'],
    ['https://uptime.betterstack.com/api/v1/heartbeat/TOKEN{/fail}', 'url'],
    ['https://example.org/ping/{node}', 'url'],
    ['https://example.org/', 'url'],
    ['nonsense', 'url'],
    ['', 'url'],
  ] as const)
    t.equal(heartbeatTypeOf(url), type, url)
})
