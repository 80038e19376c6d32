import t from 'tap'
import { renderBrief, renderScreen, renderStatus } from '../../../../agent/cli/render/status.ts'
import { cause, now, picture } from '../../small.ts'

const plain = { color: false, width: 80 }

t.test('a collector that does not look any more is said to be overdue', async (t) => {
  const [first, ...others] = picture.collectors
  const late = { ...first, next: now - 600_000 } as (typeof picture.collectors)[number]
  const page = renderStatus({ ...picture, collectors: [late, ...others] }, plain)
  t.match(page, new RegExp(`^\\S+ node1 {2}CRITICAL.*; ${late.name} overdue\n`))
  t.match(page, /overdue since 03:20 UTC; 24 certificates/)
  t.notMatch(renderStatus(picture, plain), /overdue/)
})

t.test('the status page reads as the night is', async (t) => {
  t.equal(
    renderStatus(picture, plain),
    `● node1  CRITICAL  1 incident    Debian GNU/Linux 12    checked 0 s ago

CRITICAL  the firewall was flushed (nft)                       03:12 UTC, 18 min
  What     \`iptables\` (pid 25978) removed 91 of 91 rules at 03:12:07 UTC.
  Impact   Services and the ingress are unreachable.
  Fix      1. systemctl restart k3s
           2. then delete the ingress pod:
              kubectl -n kube-system delete pod ingress
  Don't    \`iptables -F\` again: ufw drops by default, and it would cut SSH.
  Also     kube-proxy's chains are missing
  More     agent explain firewall.flushed

CHECK     STATE     AGE   SUMMARY
firewall  CRITICAL  1 s   0 rules
certs     ok        12 s  24 certificates
memory    blind     0 s   blind since 03:00 UTC
  Not seen: reading /dev/kmsg: permission denied

SINK     STATE    LAST SENT
discord  ok       3 min ago
ntfy     FAILING  nothing yet, 1 waiting
  Failing since 02:58 UTC: nobody listens; next try in 40 s

IN     DEADLINE
364 d  certificates
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
  t.match(text, /^● node1 {2}CRITICAL/)
  t.match(text, /the firewall was flushed/)
  t.ok(text.split('\n').length < 8)
  t.notMatch(text, picture.machine, 'what machine it is helps nobody who logs in to it')
})

t.test('a stale picture says so first', async (t) => {
  t.match(
    renderStatus(picture, plain, { stale: 'Murphy is not running.' }),
    /\n\n {2}Murphy is not running\.\n\n/,
  )
})

t.test('silences stand in the status', async (t) => {
  const silences = [{ id: 'all', what: 'all', since: now, until: now + 5_400_000, why: 'moving house' }]
  t.match(renderStatus({ ...picture, silences }, plain), /\nall +05:00 UTC {2}moving house\n/)
})

t.test('of many only the first, and how many more', async (t) => {
  const [incident] = picture.incidents as [(typeof picture.incidents)[number]]
  const open = Array.from({ length: 7 }, (_, at) => ({ ...incident, id: `${at}` }))
  t.match(renderBrief({ ...picture, incidents: open }, plain), /\n {2}and 2 more\n {2}More: agent status\n$/)
  const informed = { ...incident, severity: 'info' as const }
  const over = { ...incident, resolved: now }
  t.notMatch(renderBrief({ ...picture, incidents: [informed, over] }, plain), /flushed/, 'news is no trouble')
  t.match(renderBrief({ ...picture, state: 'ok' }, plain, 'Murphy is not running.'), /Murphy is not running/)
})

t.test('a single look has no rhythm and tells nobody', async (t) => {
  const page = renderStatus(picture, plain, { once: true })
  t.notMatch(page, /AGE|SINK|blind since/)
  t.match(page, /certs +ok/)
})

t.test('a node without k3s is not all well', async (t) => {
  const [first] = picture.collectors as [(typeof picture.collectors)[number]]
  const bare = { ...picture, state: 'ok' as const, machine: 'no k3s', incidents: [], deadlines: [] }
  const never = renderStatus({ ...bare, collectors: [{ ...first, absent: 'never' }] }, plain)
  t.match(never, /^● node1 {2}NO K3S {4}no k3s/)
  t.match(never, /certs +none/)
  const gone = { ...bare, state: 'unknown' as const, collectors: [{ ...first, absent: 'gone' as const }] }
  t.match(renderStatus(gone, plain), /^● node1 {2}NO K3S[\s\S]*certs +gone/)
  t.match(renderBrief(gone, plain), /NO K3S/, 'also at a login')
  const stale = 'Murphy is not running.'
  t.match(renderStatus(gone, plain, { stale }), /^● node1 {2}UNKNOWN/, 'nor is it known what is')
  t.match(renderBrief(gone, plain, stale), /^● node1 {2}UNKNOWN/)
  const worse = { ...gone, state: 'critical' as const, incidents: picture.incidents }
  t.match(renderStatus(worse, plain), /^● node1 {2}CRITICAL/, 'what is wrong comes first')
})

t.test('a screen loses its lower end, never its head', async (t) => {
  const page = renderStatus(picture, plain)
  const lines = page.trimEnd().split('\n')
  t.equal(renderScreen(page, lines.length, plain), page)
  const cropped = renderScreen(page, 14, plain).trimEnd().split('\n')
  t.equal(cropped.length, 14)
  t.strictSame(cropped.slice(0, 13), lines.slice(0, 13))
  t.equal(cropped[13], `${lines.length - 13} more lines: agent status`)
  t.equal(renderScreen(page, 1, plain).split('\n')[0], lines[0], 'however small it is')
})

t.test(
  'in ASCII, in the zone of the reader and under the installed name where these are other',
  async (t) => {
    const it = { ...picture, incidents: [{ ...picture.incidents[0], cause: { ...cause, title: 'é → ü' } }] }
    const page = renderStatus(it as typeof picture, {
      ...plain,
      ...{ ascii: true, zone: 'Europe/Berlin', command: 'murphy' },
    })
    t.notMatch(page, /[^\n\u0020-\u007e]/)
    t.match(page, /^\* node1/)
    t.match(page, /CRITICAL {2}e -> u \(nft\) +04:12 (CET|GMT\+1), 18 min/)
    t.match(page, /More {5}murphy explain firewall\.flushed/)
  },
)
