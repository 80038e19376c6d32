import t from 'tap'
import { stepOf } from '../../../agent/text/steps.ts'

t.test('the command of a step, and the words around it', async (t) => {
  t.strictSame(stepOf('`systemctl restart k3s`'), { before: '', command: 'systemctl restart k3s', after: '' })
  t.strictSame(stepOf('On a server: `kubectl delete pod x -n y`.'), {
    ...{ before: 'On a server:', command: 'kubectl delete pod x -n y', after: '' },
  })
  t.strictSame(stepOf('`uptime`'), { before: '', command: 'uptime', after: '' })
  t.strictSame(stepOf('Check the clock: `timedatectl`'), {
    ...{ before: 'Check the clock:', command: 'timedatectl', after: '' },
  })
  for (const step of ['`kubectl get x` shows which', '`kubectl get x`: shows which'])
    t.strictSame(stepOf(step), { before: '', command: 'kubectl get x', after: 'shows which' })
  for (const sentence of [
    'Give the pod more memory.',
    'Open port `6443` in the router',
    'Set `min: warning` in `/etc/murphy/config.yaml`',
    'Copy `/etc/rancher/k3s/k3s.yaml` to wherever it is used',
    'one ` alone',
    'see `ufw` first',
    'The unit: `k3s` or another',
    'Write the port: `6443`',
    'run `a b` or `c d`',
  ])
    t.strictSame(stepOf(sentence), { before: sentence, after: '' }, sentence)
})
