import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import t from 'tap'
import { severities } from '../../agent/model/index.ts'
import { bootContainer, type Container, withoutContainer } from './container.ts'
import { command, prepare } from './incident/k3s.ts'
import { dnsStart, type Ordinary, ordinary, prepared } from './ordinary/commands.ts'
import type { Report, Spell } from './ordinary/looking.ts'
import { root, runtime } from './release.ts'
import { makeNode } from './standin.ts'

/**
 * Ordinary commands pass through states that look like faults for a moment. Each is run on a real node while the agent
 * looks as often as it can: nothing may be told but what is still so when the command is over. With
 * MURPHY_ORDINARY=1 also netplan, for which a second root folder is made.
 */
const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
const whole = process.env.MURPHY_ORDINARY === '1'
t.setTimeout(1_200_000)

/** How long to look on after a command, ms. */
const after = 1_000
/** A rule's patience has to be so many times what was seen here, as a small board takes longer for everything. */
const slower = 1.5

const isAlarm = ({ severity, code }: Spell) =>
  // The kernel's log and memory are the whole machine's.
  severities.indexOf(severity as 'info') > 0 && !code.startsWith('memory.')

async function openLooking(node: Container) {
  const child = spawn(
    'nsenter',
    [
      ...['--all', '--target', `${node.pid}`, '--', 'env', '-i', 'HOME=/root', 'LC_ALL=C.UTF-8'],
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...[process.execPath, `${root}/test/real/ordinary/looking.ts`],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the looking ended')
    return JSON.parse(value)
  }
  await answer()
  return {
    async during({ name, script, eyes, told = [] }: Ordinary): Promise<Report> {
      child.stdin.write(`${JSON.stringify({ name, script, eyes, told, after })}\n`)
      return answer()
    },
    close: () => void child.kill('SIGKILL'),
  }
}

/** The longest that each rule was broken in passing, by the command in which it was. */
function table(reports: readonly Report[]): readonly string[] {
  const rows = reports.flatMap(({ name, spells }) =>
    spells
      .filter((it) => isAlarm(it) && !it.open && !it.before)
      .map(
        (it) =>
          `${it.code.padEnd(32)} ${(it.stood / 1000).toFixed(1).padStart(5)} s of ${(it.patience / 1000).toFixed(0).padStart(4)} s  ${name}`,
      ),
  )
  return rows.sort()
}

t.test('what people do every day rings nobody', { skip }, async (t) => {
  const node = await bootContainer({
    binds: [root, runtime],
    ...(whole && { more: ['netplan.io'] }),
  })
  t.teardown(() => node.stop())
  await prepare(node)
  await makeNode(node, { command })
  const dns = dnsStart(process.execPath, `${root}/test/agent/host/nameserver.ts`)
  await node.sh(`${prepared}\n${dns}`)
  const looking = await openLooking(node)
  t.teardown(() => looking.close())

  const nothing = () => looking.during({ name: 'nothing', script: 'sleep 1', eyes: [] })
  let quiet = await nothing()
  // The stand-in takes its time to start, as k3s does.
  for (let tries = 0; quiet.spells.some(isAlarm) && tries < 30; tries += 1) quiet = await nothing()
  t.strictSame(quiet.spells.filter(isAlarm), [], 'it begins with all well')

  const reports: Report[] = []
  for (const it of ordinary(dns, whole)) {
    const report = await looking.during(it)
    t.equal(report.exit, 0, `${it.name}: ${report.said}`)
    if (it.stage) continue
    reports.push(report)
    const alarms = report.spells.filter(isAlarm)
    const lasting = [...(it.lasting ?? []), ...(it.told ?? [])]
    t.strictSame(
      alarms.filter(({ told, open, code }) => told && !(open && lasting.includes(code))),
      [],
      `${it.name}: nothing is told that is not lastingly so`,
    )
    for (const code of it.told ?? [])
      t.ok(
        alarms.some((one) => one.code === code && one.told),
        `${it.name}: ${code} is told when its patience ends`,
      )
    const short = alarms.filter(({ stood, patience, open }) => !open && stood * slower > patience)
    t.strictSame(short, [], `${it.name}: no patience is nearly too short`)
  }
  for (const row of table(reports)) t.comment(row)
  const seen = reports.filter(
    ({ name, spells }) => name.includes('ufw') && spells.some((it) => it.code === 'firewall.lockout'),
  )
  t.ok(seen.length > 0, 'it looks closely enough to see the moment in which ufw shuts SSH out')
})
