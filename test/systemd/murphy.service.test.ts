import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { ownPort } from '../../agent/host/udp.ts'

const unit = new URL('../../systemd/murphy.service', import.meta.url).pathname
const analyze = '/usr/bin/systemd-analyze'
const skip = !existsSync(analyze) && process.env.CI !== 'true' && 'needs systemd-analyze'

t.test('the unit keeps what it may do within bounds', { skip }, async (t) => {
  const said = execFileSync(analyze, ['security', '--offline=true', '--no-pager', unit], { encoding: 'utf8' })
  const [, score = ''] = /Overall exposure level for murphy.service: ([\d.]+)/.exec(said) ?? []
  t.ok(Number.parseFloat(score) <= 2.5, `systemd-analyze security gives ${score}; 2.5 is the most it may be`)
})

t.test('it asks for four capabilities and no other', async (t) => {
  const text = readFileSync(unit, 'utf8')
  const four = 'CAP_DAC_READ_SEARCH CAP_NET_ADMIN CAP_NET_RAW CAP_SYSLOG'
  t.equal(/^AmbientCapabilities=(.*)$/m.exec(text)?.[1], four)
  t.equal(/^CapabilityBoundingSet=(.*)$/m.exec(text)?.[1], four)
})

t.test('it listens on no port, and runs nothing but what belongs to the machine', async (t) => {
  const text = readFileSync(unit, 'utf8')
  t.match(text, /^SocketBindDeny=any$/m)
  t.same(text.match(/^SocketBindAllow.*/gm), [`SocketBindAllow=udp:${ownPort}`], 'to send, connected')
  t.match(text, /^NoExecPaths=\/ /m)
})

t.test('what systemd starts has a label by which SELinux lets it', async (t) => {
  // The policies of Fedora and Debian: what lies below /opt is usr_t, but for a folder of one of these names: bin_t.
  const labelled = /^\/opt\/(.*\/)?(bin|sbin|libexec)(\/.*)?$/
  const [, program = ''] = /^ExecStart=(\S+)/m.exec(readFileSync(unit, 'utf8')) ?? []
  t.match(program, labelled)
})

t.test('it comes back however often it is ended, and the kernel takes others first', async (t) => {
  const text = readFileSync(unit, 'utf8')
  t.match(text, /^Restart=always$/m)
  t.match(text, /^StartLimitIntervalSec=0$/m)
  t.match(text, /^OOMScoreAdjust=-9\d\d$/m)
})

t.test('nothing waits for the unit that keeps k3s until Murphy has spoken', async (t) => {
  const [murphy, lastWord] = [unit, unit.replace('murphy.service', 'murphy-last-word.service')].map((it) =>
    readFileSync(it, 'utf8'),
  )
  t.match(murphy, /^Wants=murphy-last-word.service$/m)
  for (const it of [murphy, lastWord]) t.notMatch(it, /^(?:Before|Requires|BindsTo|PartOf|Requisite)=/m)
  t.notMatch(murphy, /^After=/m, 'it has to run when nothing else does')
  t.notMatch(lastWord, /^Exec\w+=.*systemctl\b.* (?:stop|restart) /m, 'it stops nobody')
  t.match(lastWord, /^After=.*\bk3s.service k3s-agent.service\b.*\bnetwork.target$/m)
})
