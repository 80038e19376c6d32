import t from 'tap'
import { renderBrief, renderIncident, renderStatus } from '../../../../agent/cli/render/status.ts'
import { finding } from '../../findings.ts'
import { cause, now, picture } from '../../small.ts'

const plain = { color: false, width: 80 }

t.test('a collector that does not look any more is said to be overdue', async (t) => {
  const [first, ...others] = picture.collectors
  const late = { ...first, next: now - 600_000 } as (typeof picture.collectors)[number]
  const page = renderStatus({ ...picture, collectors: [late, ...others] }, plain)
  t.match(page, new RegExp(`^CRITICAL .*; ${late.name} overdue\\)`))
  t.match(page.replace(/\s+/g, ' '), /Should have looked at \d\d:\d\d UTC\./)
  t.notMatch(renderStatus(picture, plain), /overdue/)
})

t.test('a root that is over does not speak for what is left', async (t) => {
  const over = { ...cause, resolved: now - 60_000 }
  const left = finding({
    code: 'k3s.api-unhealthy',
    title: 'the Kubernetes API is not healthy',
    subject: 'api',
    text: 'The API does not answer.',
    impact: 'kubectl fails.',
    since: now - 120_000,
    severity: 'critical',
  })
  const [incident] = picture.incidents
  const it = { ...picture, incidents: [{ ...incident, cause: over, affected: [left] }] } as typeof picture
  const page = renderStatus(it, plain)
  t.match(page, 'CRITICAL  the Kubernetes API is not healthy')
  t.match(page, /\n {2}The API does not answer\.\n {2}So {5}kubectl fails\./)
  t.match(page, /\n {2}It began with\n {4}- critical: the firewall was flushed \(nft, over since/)
  t.notMatch(page, 'It led to')
})

t.test('the status page reads as the night is', async (t) => {
  t.equal(
    renderStatus(picture, plain),
    `CRITICAL  node1, Debian GNU/Linux 12  (looked 0 s ago)

CRITICAL  the firewall was flushed (nft, since 03:12 UTC, 18 min)
  \`iptables\` (pid 25978) removed 91 of 91 rules at 03:12:07 UTC.
  So     Services and the ingress are unreachable.
  Next   1. \`systemctl restart k3s\`
         2. then delete the ingress pod:
            \`kubectl -n kube-system delete pod ingress\`
  Never  \`iptables -F\` again: ufw drops by default, and it would cut SSH.
  It led to
    - critical: kube-proxy's chains are missing (node, since 03:13 UTC):
      firewall.kube-chains-missing is so.

  certs     ok        24 certificates. Next look in 4 min. ▁▃▅▇█
  firewall  2 found   0 rules.
  memory    blind     blind since 03:00 UTC. Not seen: reading /dev/kmsg:
                      permission denied.

  told by discord: last told 3 min ago
  told by ntfy: nothing told yet, 1 waiting; failing since 02:58 UTC: nobody
    listens, next try in 40 s

  Runs out in: certificates: 364 d
`,
  )
})

t.test('nothing is wider than the terminal, and colour changes no character', async (t) => {
  for (const width of [60, 80, 120]) {
    const text = renderStatus(picture, { color: false, width })
    for (const line of text.split('\n')) t.ok(line.length <= width, `${width}: ${line}`)
    const colored = renderStatus(picture, { color: true, width })
    t.match(colored, /\u001b\[31m/)
    t.equal(
      colored.replace(/\u001b\[\d+m/g, ''),
      text.replace(/`/g, ''),
      'only commands lose their backticks',
    )
  }
})

t.test('what comes from outside cannot drive the terminal', async (t) => {
  const hostile = '\u001b]0;owned\u0007\u001b[2J\u202eevil\r\n\u009b31m'
  const incident = {
    ...picture.incidents[0],
    cause: { ...cause, text: hostile, title: hostile, subject: hostile },
    fix: [hostile],
  }
  const text = renderStatus({ ...picture, node: 'n', incidents: [incident as never] }, plain)
  t.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})

t.test('the login message is short, and silent when all is well', async (t) => {
  t.equal(renderBrief({ ...picture, state: 'ok', incidents: [] }, plain), '')
  const text = renderBrief(picture, plain)
  t.match(text, /CRITICAL\s+node1/)
  t.match(text, /the firewall was flushed/)
  t.ok(text.split('\n').length < 8)
})

t.test('a stale picture says so first', async (t) => {
  t.match(
    renderStatus(picture, plain, { stale: 'Murphy is not running.' }),
    /\n\n {2}Murphy is not running\.\n\n/,
  )
})

t.test('silences stand in the status', async (t) => {
  const silences = [{ id: 'all', what: 'all', since: now, until: now + 5_400_000, why: 'moving house' }]
  t.match(
    renderStatus({ ...picture, silences }, plain),
    /\n {2}Silenced until 05:00 UTC: all \(moving house\)\n/,
  )
})

t.test('of many only the first, and how many more', async (t) => {
  const [incident] = picture.incidents as [(typeof picture.incidents)[number]]
  const open = Array.from({ length: 7 }, (_, at) => ({ ...incident, id: `${at}` }))
  t.match(renderBrief({ ...picture, incidents: open }, plain), /\n {2}and 2 more\n {2}More: agent status\n$/)
  const informed = { ...incident, severity: 'info' as const }
  const over = { ...incident, resolved: now }
  t.notMatch(renderBrief({ ...picture, incidents: [informed, over] }, plain), /flushed/, 'news is no trouble')
  t.match(renderBrief({ ...picture, state: 'ok' }, plain, 'Murphy is not running.'), /Murphy is not running/)
  const affected = Array.from({ length: 14 }, (_, at) => finding({ code: 'a.b', subject: `pod-${at}` }))
  const text = renderIncident({ ...incident, affected }, now, plain)
  t.match(text, /pod-11[\s\S]*\n {4}and 2 more$/)
  t.notMatch(text, /pod-12/)
})

t.test('what is over is one line', async (t) => {
  const [incident] = picture.incidents as [(typeof picture.incidents)[number]]
  t.equal(
    renderIncident({ ...incident, resolved: now - 60_000 }, now, plain),
    'OVER  the firewall was flushed (nft, 03:12 UTC to 03:29 UTC)',
  )
})

t.test('a single look has no rhythm and tells nobody', async (t) => {
  const page = renderStatus(picture, plain, { once: true })
  t.notMatch(page, /Next look|told by|blind since/)
  t.match(page, /certs +ok/)
})

t.test('who is told, who is not, and why', async (t) => {
  const said = (sinks: typeof picture.sinks) =>
    renderStatus({ ...picture, sinks }, { color: false, width: 120 }).replace(/\s+/g, ' ')
  t.match(said([]), /Nobody is told: no sink is configured\./)
  t.match(
    said([{ name: 'discord', type: 'discord', gone: 'Discord says 404', waiting: 2 }]),
    /told by discord: nothing told yet, 2 waiting; its address is gone: Discord says 404, next try with the next message/,
  )
})
