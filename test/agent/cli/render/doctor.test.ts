import t from 'tap'
import type { CollectorRow } from '../../../../agent/api/snapshot.ts'
import {
  checks,
  clock,
  gravestState,
  heartbeatRow,
  journal,
  kubernetesRow,
  metricsRow,
  nodeRow,
  privileges,
  remedy,
  renderDoctor,
  silenceRow,
  sinkRow,
  stateFolder,
} from '../../../../agent/cli/render/doctor.ts'
import type { Incident } from '../../../../agent/model/index.ts'
import { now, picture } from '../../small.ts'

const plain = { color: false, width: 80 }
const ran = (stdout: string) => ({ stdout, stderr: '', exit: 0 })
const [first] = picture.collectors as [CollectorRow]

t.test('each missing privilege says what it hides', async (t) => {
  // CAP_DAC_READ_SEARCH, CAP_NET_ADMIN and CAP_NET_RAW; the kernel's capability.h numbers them 2, 12, 13.
  const most = privileges('Name:\tnode\nCapEff:\t0000000000003004\n', true)
  t.match(most, { state: 'warning', text: 'no CAP_SYSLOG: hides the kernel log: OOM kills' })
  t.match(privileges('CapEff:\t0000000400003004\n', true), { state: 'ok', text: /^the agent can read all/ })
  t.match(privileges('CapEff:\t0000000000000000\n', false), {
    text: /CAP_DAC_READ_SEARCH.*CAP_NET_ADMIN.*CAP_NET_RAW.*CAP_SYSLOG/,
    fix: [/sudo/],
  })
  t.match(privileges(undefined, true), { state: 'unknown' })
})

t.test('what is blind or partial has a remedy', async (t) => {
  const denied = { what: 'x', why: 'reading /dev/kmsg: permission denied' }
  const rows = checks(
    [
      first,
      { ...first, name: 'off', state: 'off' },
      { ...first, name: 'new', state: 'waiting' },
      { ...first, name: 'memory', state: 'blind', unseen: [denied, denied] },
      {
        ...first,
        name: 'cni',
        unseen: [
          { what: 'y', why: 'odd' },
          { ...denied, unrecorded: true },
        ],
      },
    ],
    true,
  )
  t.match(rows, [
    { area: 'certs', state: 'ok', text: 'sees all that it checks' },
    { area: 'new', state: 'unknown' },
    { area: 'memory', state: 'warning', text: /^blind: .*denied/, fix: [/journalctl -u murphy/] },
    { area: 'cni', state: 'ok', text: 'partial: odd', fix: ['`agent explain cni.blind`'] },
  ])
  t.equal(rows.length, 4)
  t.strictSame(remedy('x: not permitted', false), ['Run it as root: `sudo agent doctor`'])
  t.strictSame(remedy('install it: `apt install x`', true), [], 'it says so itself')
  t.match(remedy('running ss: timeout', true), [/uptime/])
  t.match(remedy('no such command: nft', true), [/^Install nft, then/])
})

t.test('folder, clock, journal', async (t) => {
  const space = { size: 2 ** 30, available: 2 ** 29, inodes: 0, inodesFree: 0 }
  t.match(stateFolder('/x', space), { state: 'ok', text: '/x, 512 MiB free of 1 GiB' })
  t.match(stateFolder('/x', { ...space, available: 2 ** 20 }), { state: 'warning', text: /too little/ })
  t.match(stateFolder('/x', 'permission denied'), { state: 'unknown', text: '/x: permission denied' })
  t.match(clock(ran('NTPSynchronized=yes\n'), ran('ServerName=ntp.example\n'), 'info'), {
    ...{ state: 'ok', text: 'synchronized by ntp.example' },
  })
  for (const severity of ['info', 'critical'] as const)
    t.equal(clock(ran('NTPSynchronized=no\n'), undefined, severity).state, severity, 'as the finding says')
  t.match(clock(ran('NTPSynchronized=no\n'), undefined, 'info'), {
    fix: [/set-ntp true/, /status/],
  })
  t.strictSame(
    clock(ran('NTPSynchronized=no\nCanNTP=no\n'), undefined, 'info').fix,
    ['On Debian or Ubuntu: `apt-get install systemd-timesyncd`'],
    'no service that set-ntp could turn on',
  )
  t.match(clock(undefined, undefined, 'info'), { state: 'unknown' })
  t.equal(journal(true).state, 'ok')
  t.match(journal(false), { state: 'warning', fix: [/mkdir -p \/var\/log\/journal/, /restart/] })
})

t.test('a sink that does not take messages is critical', async (t) => {
  t.match(sinkRow({ name: 'd' }, true, now), { state: 'ok', text: 'test message accepted' })
  t.match(sinkRow({ name: 'd' }, 'HTTP 404', now), {
    state: 'critical',
    text: 'test message failed: HTTP 404',
  })
  t.match(sinkRow({ name: 'd', gone: '404' }, undefined, now), { state: 'critical', text: 'failing: 404' })
  t.match(sinkRow({ name: 'd', gone: '404' }, true, now), { state: 'ok' }, 'what was tried now counts')
  t.match(sinkRow({ name: 'd', lastSent: now - 60_000 }, undefined, now), { text: /^last sent 60 s ago/ })
  const quiet = { until: now + 7_200_000, passes: 'critical' } as const
  for (const tested of [true, undefined] as const)
    t.match(sinkRow({ name: 'd', quiet }, tested, now), {
      state: 'ok',
      text: /Quiet until 05:30 UTC \(2 h\): only critical is sent/,
    })
  const silence = { id: 'all', what: 'all', since: now, until: now + 7_200_000, why: 'maintenance: updates' }
  t.match(silenceRow(silence, now), {
    ...{ area: 'silenced', state: 'info' },
    text: 'all until 05:30 UTC (2 h): maintenance: updates',
  })
})

t.test('what is written to Kubernetes has a row where it is asked for', async (t) => {
  const both = { conditions: true, events: true }
  t.strictSame(kubernetesRow({ conditions: false, events: false }, undefined, undefined, now), [])
  t.match(kubernetesRow(both, { lastSent: now - 60_000 }, undefined, now), [
    { area: 'kubernetes', state: 'ok', text: /^conditions, events: last written 60 s ago/ },
  ])
  t.match(kubernetesRow({ ...both, conditions: false }, undefined, undefined, now), [
    { state: 'ok', text: /^events: nothing written yet/ },
  ])
  t.match(kubernetesRow(both, { failing: { since: now, why: '403: no' } }, undefined, now), [
    { state: 'warning', text: 'conditions, events: 403: no', fix: ['`agent doctor --send`'] },
  ])
  t.match(kubernetesRow(both, undefined, '403: no', now), [{ state: 'warning', fix: [/agent explain/] }])
  t.match(kubernetesRow(both, { failing: { since: now, why: '403: no' } }, true, now), [
    { state: 'ok', text: /would be accepted \(nothing was written\)/ },
  ])
})

t.test('a heartbeat that does not get through, or that Murphy withholds, is critical', async (t) => {
  t.match(heartbeatRow({ name: 'h' }, true, now), { area: 'heartbeat h', state: 'ok', text: 'ping accepted' })
  t.match(heartbeatRow({ name: 'h' }, 'answered 404', now), { state: 'critical', text: /404/ })
  const failing = { since: now, why: 'answered 503', tries: 1 }
  t.match(heartbeatRow({ name: 'h', failing }, undefined, now), { state: 'critical', text: /503/ })
  t.match(heartbeatRow({ name: 'h', failing }, true, now), { state: 'ok' }, 'what was tried now counts')
  t.match(heartbeatRow({ name: 'h', held: 'full' }, true, now), { state: 'critical', text: /full/ })
  t.match(heartbeatRow({ name: 'h', lastSent: now - 60_000 }, undefined, now), {
    text: /^last sent 60 s ago/,
  })
})

t.test('the page: what is wrong first, and the state of the node in it', async (t) => {
  t.equal(gravestState([{ state: 'ok' }, { state: 'warning' }], 'ok'), 'warning')
  t.equal(gravestState([{ state: 'ok' }], 'critical'), 'critical')
  t.equal(gravestState([], 'ok'), 'ok')
  t.equal(gravestState([{ state: 'info' }, { state: 'ok' }], 'ok'), 'ok', 'information is no problem')
  t.equal(gravestState([{ state: 'unknown' }, { state: 'info' }], 'ok'), 'unknown')
  const text = renderDoctor(
    {
      ...{ node: 'node1', state: 'warning', machine: 'Raspberry Pi 4' },
      rows: [journal(true), journal(false), sinkRow({ name: 'hook' }, 'no', now)],
    },
    plain,
  )
  t.match(
    text,
    /^● node1 {2}WARNING {4}2 problems\n {2}Raspberry Pi 4\n\nWHAT +STATE +DETAILS\nsink hook {2}CRITICAL/,
  )
  t.match(text, /\n {2}Fix: `mkdir -p \/var\/log\/journal`\n/)
  t.match(text, /\njournal +ok/)
})

t.test('how the node is, so that its state in the head stands in a row', async (t) => {
  const [incident] = picture.incidents as [Incident]
  t.match(nodeRow([incident, { ...incident, id: 'other' }], true), {
    ...{ area: 'node', state: 'critical', text: '2 incidents, first: the firewall was flushed (nft)' },
    fix: ['`agent status`'],
  })
  t.match(nodeRow([incident], false), { text: /^1 incident: /, fix: ['`agent check`'] })
  for (const none of [[], [{ ...incident, severity: 'info' as const }], [{ ...incident, resolved: now }]])
    t.strictSame(nodeRow(none, true), { area: 'node', state: 'ok', text: 'no incident' })
  const rows = [journal(true), nodeRow([incident], true)]
  const it = { node: 'node1', state: gravestState(rows, 'critical'), machine: '', rows }
  t.match(
    renderDoctor(it, plain),
    /^● node1 {2}CRITICAL {4}Murphy sees and sends all that it should\n\nWHAT +STATE +DETAILS\nnode +CRITICAL +1 incident: /,
  )
})

t.test('where the metrics are shown, and why not', async (t) => {
  t.match(metricsRow({ place: '/x/murphy.prom' }), { area: 'metrics', state: 'ok', text: '/x/murphy.prom' })
  t.match(
    metricsRow({
      place: '127.0.0.1:9797',
      failing: { since: 1, why: 'another program listens there (EADDRINUSE)' },
    }),
    {
      ...{ area: 'metrics', state: 'warning' },
      text: '127.0.0.1:9797: another program listens there (EADDRINUSE)',
      fix: ['Correct it under `metrics_listen:` in /etc/murphy/config.yaml', '`systemctl restart murphy`'],
    },
  )
  t.match(
    metricsRow({ place: '/x/murphy.prom', failing: { since: 1, why: 'x' } }).fix?.[0],
    /metrics_textfile/,
  )
})
