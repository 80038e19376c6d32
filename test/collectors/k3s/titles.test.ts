import t from 'tap'
import type { Observation } from '../../../agent/model/index.ts'
import { titles } from '../../../collectors/k3s/titles.ts'

const seen = (subject: string, evidence: NonNullable<Observation['evidence']> = {}): Observation => ({
  ...{ code: 'k3s.x', subject, text: 'It is so.', evidence },
})

t.test('why it does not run', async (t) => {
  const down = (evidence?: NonNullable<Observation['evidence']>) => titles.down(seen('k3s-agent', evidence))
  t.equal(down({ state: 'failed', result: 'exit-code', status: 1 }), 'k3s-agent failed: exit 1')
  t.equal(down({ state: 'failed', result: 'oom-kill', status: 9 }), 'k3s-agent failed: OOMKilled')
  t.equal(down({ state: 'failed', result: 'signal', status: 11 }), 'k3s-agent failed: signal 11')
  t.equal(
    down({ state: 'failed', result: 'start-limit-hit', status: 1 }),
    'k3s-agent failed: start limit hit',
  )
  t.equal(down({ state: 'activating', result: 'success' }), 'k3s-agent does not finish starting')
  t.equal(down({ state: 'inactive', result: 'success' }), 'k3s-agent stopped')
  t.equal(down(), 'k3s-agent not running', 'without systemd')
})

t.test('what does not answer, and how', async (t) => {
  t.equal(titles.api(seen('api', { status: 503 })), 'Kubernetes API not ready (HTTP 503)')
  t.equal(titles.api(seen('api', { status: 401, port: 6443 })), 'Kubernetes API says 401 Unauthorized')
  t.equal(titles.api(seen('api', { port: 6443 })), 'Kubernetes API not answering on :6443')
  t.equal(titles.part(seen('kube-proxy', { port: 10_256 })), 'kube-proxy not answering on :10256')
  t.equal(titles.part(seen('kubelet')), 'kubelet not ready')
})

t.test('how full', async (t) => {
  t.equal(
    titles.disk(seen('/var', { of: 'bytes', used_percent: 95.6, inodes_percent: 3 })),
    'disk 96 % full: /var',
  )
  t.equal(
    titles.disk(seen('/var', { of: 'inodes', used_percent: 5, inodes_percent: 98 })),
    'inodes 98 % used: /var',
  )
  t.equal(titles.disk(seen('/var')), 'disk nearly full: /var')
  t.equal(
    titles.datastore(seen('sqlite', { size: 2 ** 31, log: 2 ** 30 })),
    'SQLite datastore too large: 3 GiB',
  )
})

t.test('what happened', async (t) => {
  t.equal(titles.restarting(seen('k3s', { restarts: 7 })), 'k3s keeps restarting (7 times)')
  t.equal(titles.restarted(seen('k3s-agent')), 'k3s-agent restarted')
  t.equal(titles.crashed(seen('k3s', { exit: 2 })), 'k3s crashed (exit 2)')
  t.equal(titles.crashed(seen('k3s', { signal: 9, result: 'oom-kill' })), 'k3s crashed (OOMKilled)')
  t.equal(titles.crashed(seen('k3s')), 'k3s crashed')
  t.equal(titles.killed(seen('k3s', { containers: 12 })), 'k3s-killall.sh: 12 containers killed')
})
