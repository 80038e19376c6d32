import t from 'tap'
import { unforbidden, unsaid } from '../../../../agent/core/cascade/steps.ts'

t.test('a step is said once, however it is worded', async (t) => {
  const same: readonly (readonly [string, string])[] = [
    [
      'Copy /etc/rancher/k3s/k3s.yaml again to wherever kubectl is used; restart the agents after the servers',
      'Copy /etc/rancher/k3s/k3s.yaml again to wherever kubectl is used',
    ],
    ['Restart k3s: `systemctl restart k3s`', 'Then `sudo  systemctl restart k3s`: pods go on running'],
    ['On a server: `kubectl get nodes`', 'See the nodes: `kubectl get nodes`'],
    ['On each server: `systemctl restart k3s`', 'Restart it on the servers: `systemctl restart k3s`'],
    ['Renew and restart: `cp a b && systemctl restart k3s`', '`systemctl restart k3s`'],
    ['On node2: `ip route`', 'On node2 (10.0.0.2): `ip route`'],
  ]
  for (const [one, other] of same) t.strictSame(unsaid([one, other]), [one], other)
  for (const [one, other] of same) t.strictSame(unsaid([other], [one]), [], `${other}, said before`)
})

t.test('what does something else, or elsewhere, is another step', async (t) => {
  const others: readonly (readonly [string, string])[] = [
    ['`systemctl restart k3s-agent`', '`systemctl restart k3s`'],
    ['`df -h /var/lib/rancher`', '`df -h`'],
    ['`systemctl restart k3s`', 'On each agent: `systemctl restart k3s`'],
    ['On node1: `ip route`', 'On node2: `ip route`'],
    ['Copy the volume', 'Copy the volume before you repair anything'],
    ['Copy /a/b to where kubectl is used', 'Copy /a/c to where kubectl is used'],
    ['Raise the limit: `kubectl edit a`', 'Raise the limit'],
  ]
  for (const [one, other] of others) t.strictSame(unsaid([one, other]), [one, other], other)
})

t.test('a prohibition is said once, and never of what is a step', async (t) => {
  const reboot = "Don't reboot: pod networking can't be rebuilt until the API is back."
  const rebootToo = "Don't reboot: it fixes nothing."
  const flush = "Don't run `iptables -F` again: it may lock out SSH."
  t.strictSame(unforbidden([reboot, flush, rebootToo], ['`ls`']), [reboot, flush])
  t.strictSame(unforbidden([reboot, flush], ['Clear it: `iptables -F`']), [reboot])
})

t.test('text from outside costs no time and breaks nothing', async (t) => {
  const steps = ['`'.repeat(50_000), 'on '.repeat(50_000), `\`${'a && '.repeat(20_000)}\``, '', '\ud800']
  const begun = performance.now()
  t.ok(unsaid([...steps, ...steps]).length <= steps.length)
  unforbidden(steps, steps)
  t.ok(performance.now() - begun < 2_000)
})
