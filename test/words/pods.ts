import type { Observation, Pod } from '../../agent/model/index.ts'
import { podTitled } from '../../agent/text/titles.ts'
import { nameOf } from '../../collectors/node/pods.ts'
import { patterns } from '../../collectors/pods/patterns.ts'
import { filled } from '../../collectors/pods/text.ts'
import type { Example } from './examples.ts'

const long: Pod = {
  namespace: 'kube-system',
  name: 'local-path-provisioner-578895bd58-5m2xk',
  container: 'local-path-provisioner',
}
const short: Pod = { namespace: 'shop', name: 'db-0', container: 'postgres' }

const looping = (pod: Pod, key: string, evidence: Observation['evidence'] = {}): Example => ({
  it: { code: 'pods.crash-looping', subject: nameOf(pod), text: 'An example.', pod, evidence },
  key,
})

const said = (pod: Pod): readonly Example[] =>
  patterns
    .filter((it) => !it.silent)
    .map(({ name, title = name, says, severity, impact, fix, avoid, urgent }) => ({
      it: {
        code: 'pods.log-says',
        subject: `${nameOf(pod)} ${name}`,
        text: `${says}: "the line" (3 lines at 03:12 UTC).`,
        severity,
        ...(impact && { impact }),
        fix: fix.map((it) => filled(it, pod)),
        ...(avoid && { avoid }),
        ...(urgent && { urgent }),
        pod,
        evidence: { pattern: name, lines: 3 },
      },
      key: title.length > 24 ? title : podTitled('', pod).slice(0, 4),
    }))

export const pods: readonly Example[] = [
  looping(long, 'CrashLoopBackOff: local-path'),
  looping(short, 'shop/db-0', { restarts: 12, 'last exit code': 137, reason: 'OOMKilled' }),
  looping(short, 'shop/db-0', { restarts: 12, 'last exit code': 1 }),
  ...said(short),
  ...said(long),
]
