import t from 'tap'
import { allRules } from '../../../../agent/cli/commands/explain.ts'
import { advice } from '../../../../agent/core/cascade/advice.ts'
import { incidents } from '../../../../agent/core/cascade.ts'
import { step } from '../../../../agent/core/ledger.ts'
import type { Incident, Observation, Rules } from '../../../../agent/model/index.ts'
import { advice as ofCertificates } from '../../../../collectors/certs/advice.ts'
import { ofK3s } from '../../../../collectors/certs/window.ts'
import { patterns } from '../../../../collectors/pods/patterns.ts'
import { finding, observation, rule } from '../../findings.ts'

const rules = allRules()
const minute = 60_000

/** What the proofs of these edges want to see. */
const evidence = { family: 'ipv4', status: 401, reason: 'OOMKilled', 'log says': 'dns, postgres-wal' }

/** The one incident that these come to, each found a minute after the one before. */
function incidentOf(...all: readonly (Partial<Observation> & { code: string })[]): Incident {
  let ledger = step([], { rules, observations: [] }, 0)
  for (const [at] of all.entries())
    ledger = step(
      ledger,
      { rules, observations: all.slice(0, at + 1).map((it) => observation({ evidence, ...it })) },
      at * minute,
    )
  const found = incidents(ledger, rules, all.length * minute)
  t.equal(found.length, 1, found.map((it) => it.cause.code).join())
  return found[0] as Incident
}

t.test('expired certificates: the repair of k3s is not said three times over', async (t) => {
  const it = incidentOf(
    { code: 'certs.expired', subject: 'k3s server' },
    { code: 'certs.api-unauthorized' },
    { code: 'k3s.api-unhealthy' },
  )
  t.equal(it.cause.code, 'certs.expired')
  t.strictSame(it.fix, rules['certs.expired']?.fix, 'one repair for all of it')
})

t.test('expired certificates and a rotation: what both ask for is said once', async (t) => {
  const sample = {
    files: [],
    served: [],
    k3s: { distribution: 'k3s', role: 'server', unit: 'k3s', dataDir: '/d' },
  } as const
  const group = {
    kind: 'restart',
    subject: 'k3s server',
    limits: ofK3s(undefined),
    items: [],
    problems: [],
  } as const
  const expired = finding({ code: 'certs.expired', ...ofCertificates(group, true, [], sample) })
  const code = 'k3s.certificates-rotated'
  const rotated = finding({ code, ...rules[code] })
  const { fix } = advice(expired, [rotated], rules)
  t.strictSame(fix, expired.fix)
  t.equal(fix.filter((it) => it.includes('k3s.yaml')).length, 1)
  t.ok(
    rotated.fix.some((it) => it.includes('k3s.yaml')),
    'which both ask for',
  )
})

t.test('a flush: the way in, the rules, then what a restart does not bring back', async (t) => {
  const it = incidentOf(
    { code: 'firewall.flushed', fix: ['Let k3s write its rules again: `systemctl restart k3s`', '`look`'] },
    { code: 'firewall.lockout', fix: ['In a session that is open: `iptables -I INPUT -p tcp --dport 22`'] },
    { code: 'firewall.ufw-drift', fix: ['`ufw reload`'] },
    { code: 'firewall.kube-chains-missing' },
    { code: 'firewall.hostport-rules-missing', fix: ['`kubectl delete pod ingress`', 'Then try the port'] },
    { code: 'cni.dns-dead', evidence: { answer: 'timeout' } },
    { code: 'pods.crash-looping' },
  )
  t.equal(it.cause.code, 'firewall.flushed')
  t.strictSame(it.fix, [
    'In a session that is open: `iptables -I INPUT -p tcp --dport 22`',
    'Let k3s write its rules again: `systemctl restart k3s`',
    '`look`',
    '`ufw reload`',
    '`kubectl delete pod ingress`',
    'Then try the port',
  ])
  t.strictSame(it.avoid, [
    "Don't close your open SSH session: it may be the only one you get.",
    "Don't reboot until a new SSH login works: you may lock yourself out.",
    "Don't run `iptables -F` again: it fixes nothing and locks out SSH under ufw.",
  ])
})

t.test('a bridge that is gone: the dead DNS and the crash loops need no steps of their own', async (t) => {
  const it = incidentOf(
    { code: 'cni.bridge-missing' },
    { code: 'cni.dns-dead', evidence: { answer: 'timeout' } },
    { code: 'pods.crash-looping', pod: { namespace: 'a', name: 'b' } },
    { code: 'pods.log-says', pod: { namespace: 'a', name: 'b' } },
  )
  t.strictSame(it.fix, rules['cni.bridge-missing']?.fix)
})

t.test('a database that was killed and lost its WAL: the data first, then the memory', async (t) => {
  const pod = { namespace: 'shop', name: 'db-0', container: 'postgres' }
  const wal = patterns.find((it) => it.name === 'postgres-wal')
  if (!wal) throw new Error('there is such a pattern')
  const { fix, avoid, urgent } = wal
  const it = incidentOf(
    { code: 'memory.oom-killed', pod, fix: ['`read its log`', 'Raise its limit'] },
    { code: 'pods.crash-looping', pod },
    { code: 'pods.log-says', pod, fix, ...(avoid && { avoid }), ...(urgent && { urgent }) },
  )
  t.equal(it.cause.code, 'memory.oom-killed')
  t.strictSame(it.fix, [...fix, '`read its log`', 'Raise its limit'])
  t.match(it.fix[0], /^Save the data first/)
  t.match(it.avoid[0], /^Don't delete pg_wal/)
})

t.test('a cause that is over leaves the steps to what it left behind', async (t) => {
  const chain: Rules = { a: rule(), b: rule({ because: [{ code: 'a' }] }) }
  const root = finding({ code: 'a', fix: ['`a`'], resolved: 5, avoid: ['A.'] })
  const left = finding({ code: 'b', fix: ['`b`'], avoid: ['B.'] })
  t.strictSame(advice(root, [left], chain), { fix: ['`b`'], avoid: ['B.'] })
  const { resolved: _, ...open } = root
  t.strictSame(advice(open, [left], chain), { fix: ['`a`'], avoid: ['A.'] })
  t.strictSame(
    advice(open, [left], { ...chain, b: rule({ because: [{ code: 'a', outlivesRepair: true }] }) }).fix,
    ['`a`', '`b`'],
    'what the repair of the cause leaves undone is said',
  )
})

t.test('what an event left behind comes before it', async (t) => {
  const rules: Rules = { e: rule({ event: true }), b: rule({ because: [{ code: 'e' }] }) }
  const left = finding({ code: 'b', fix: ['`b`'] })
  t.strictSame(advice(finding({ code: 'e', fix: ['`e`'] }), [left], rules).fix, ['`b`', '`e`'])
})

t.test('never more than somebody can follow, none twice, and those of each in turn', async (t) => {
  const many = (name: string) => Array.from({ length: 9 }, (_, at) => `\`${name} ${at}\``)
  const it = advice(finding({ code: 'a', fix: many('a') }), [
    finding({ code: 'b', fix: ['again: `a 0`', ...many('b')] }),
    finding({ code: 'c', fix: many('c') }),
  ])
  t.strictSame(it.fix, ['`a 0`', '`a 1`', '`a 2`', '`c 0`', '`b 0`'])
  const urgent = advice(finding({ code: 'a', fix: many('a') }), [
    finding({ code: 'b', fix: many('b'), urgent: true }),
  ])
  t.strictSame(urgent.fix, ['`b 0`', '`b 1`', '`b 2`', '`b 3`', '`a 0`', '`a 1`'])
})

t.test('what never to do is one short sentence each', async (t) => {
  for (const [code, { avoid = [] }] of Object.entries(rules))
    for (const one of avoid) {
      t.match(one, /^[A-Z`].{3,200}\.$/, `${code}: ${one}`)
      t.equal((one.match(/`/g) ?? []).length % 2, 0, `${code}: ${one}`)
    }
})
