import { collectors } from '../../collectors/index.ts'
import type { Example } from './examples.ts'

/** What Murphy says of itself, and of each check that fails. */
export const agent: readonly Example[] = [
  ...['discord', 'ntfy', 'the-webhook-of-the-on-call-people'].map((subject) => ({
    it: { code: 'agent.sink-failing', subject, text: 'An example.' },
    key: subject.slice(0, 7),
  })),
  {
    it: { code: 'agent.kubernetes-refused', subject: 'kubernetes', text: 'An example.' },
    key: 'Kubernetes refuses',
  },
  ...['heartbeat', 'betterstack-of-the-on-call-people'].map((subject) => ({
    it: { code: 'agent.heartbeat-failing', subject, text: 'An example.' },
    key: subject.slice(0, 7),
  })),
  ...['192.168.1.11:9797', '/var/lib/prometheus/node-exporter/murphy.prom'].map((subject) => ({
    it: { code: 'agent.metrics-failing', subject, text: 'An example.' },
    key: 'metrics not shown',
  })),
  ...['disk', 'memory'].map((subject) => ({
    it: { code: 'agent.state-lost', subject, text: 'An example.' },
    key: "Murphy's state",
  })),
  ...collectors.flatMap(({ name }) =>
    ['permission denied', 'not done within 30 s, so it was given up', undefined].map((reason) => ({
      it: {
        code: `${name}.blind`,
        subject: name,
        text: 'An example.',
        evidence: { ...(reason !== undefined && { reason }) },
      },
      key: `${name} check failing`,
    })),
  ),
]
