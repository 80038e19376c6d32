import { advice } from '../../agent/core/cascade/advice.ts'
import type { Finding, Incident, Notice } from '../../agent/model/index.ts'

/** 05 Mar 2026, 03:12:07 UTC. */
export const since = Date.UTC(2026, 2, 5, 3, 12, 7)

type Kind = Exclude<Notice['kind'], 'digest' | 'several' | 'weekly' | 'test'>

export const finding = (more: Partial<Finding> = {}): Finding => ({
  id: `firewall.flushed|node|${since}`,
  code: 'firewall.flushed',
  subject: 'node',
  severity: 'critical',
  title: 'the firewall was flushed',
  text: '`iptables` (pid 25978) removed 91 of 91 rules at 03:12:07.',
  impact: 'Services and network policies do not work.',
  fix: ['`systemctl restart k3s`'],
  avoid: ["Don't run `iptables -F` again: ufw would then lock out SSH."],
  since,
  found: since,
  onset: { from: since - 30_000, to: since },
  seen: since + 60_000,
  count: 3,
  notifyAt: since,
  ...more,
})

const ingress = (more: Partial<Finding> = {}) =>
  finding({
    id: `firewall.hostport-rules-missing|kube-system/ingress|${since}`,
    code: 'firewall.hostport-rules-missing',
    subject: 'kube-system/ingress',
    title: 'ingress is unreachable',
    text: 'No rule leads hostPort 80 to kube-system/ingress.',
    fix: ['`systemctl restart k3s`', 'delete the ingress pod so that its port is mapped again'],
    ...more,
  })

export const incident = (more: Partial<Incident> = {}): Incident => {
  const { cause = finding(), affected = [ingress()] } = more
  const id = `firewall.flushed|node|${since}`
  return {
    id,
    cause,
    affected,
    severity: 'critical',
    since,
    notifyAt: since,
    ...advice(cause, affected),
    ...more,
  }
}

export const notice = (kind: Kind, of: Incident = incident(), id = `murphy_${kind}`): Notice => ({
  kind,
  id,
  node: 'node1',
  at: since + 4 * 60_000,
  incident: of,
})

export const over = (minutes = 8): Incident => {
  const resolved = since + minutes * 60_000
  return incident({ resolved, cause: finding({ resolved }), affected: [ingress({ resolved })] })
}

/** Texts that have broken alerting elsewhere, each as long as it takes. */
export const hostile: Readonly<Record<string, string>> = {
  'long text': 'x'.repeat(10_000),
  'long text with quotes and backslashes': '"\\'.repeat(5000),
  'nothing but markdown': '*_~|`[](<>)@#-:\\'.repeat(700),
  emoji: '🔥👩‍👩‍👧‍👦'.repeat(1200),
  'one emoji, then long': `${'🔥'.repeat(1)}${'e\u0301'.repeat(6000)}`,
  newlines: 'a\n\n# heading\r\n> quote\n- item\n'.repeat(400),
  mentions: '@everyone @here <@1234> <@&5678> <#9> </cmd:1> '.repeat(200),
  'masked links': '[click](https://evil.example/login) <https://evil.example> https://evil.example '.repeat(
    100,
  ),
  timestamps: '<t:1700000000:R> <:smile:123> <a:party:456> '.repeat(200),
  'code fences': '```\n@everyone\n``` ``x`` `` ` `a``b` ```'.repeat(200),
  'terminal escapes': '\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u0000\u0007\u009b31m '.repeat(300),
  'right to left': '\u202egnp.exe\u202c \u2066x\u2069 \u200b\u200d\ufeff '.repeat(500),
  'half surrogates': '\ud83d\ude00\ud83d \ude00'.repeat(2000),
  'three-byte characters': '証明書の有効期限が切れました'.repeat(700),
  'tags and joiners': '\u{e0041}\u{e0042}x'.repeat(2000),
  empty: '',
  'only spaces': ' \n\t '.repeat(100),
}

/** A notice of each kind in which every text from outside is `text`. */
export function hostileNotices(text: string): readonly Notice[] {
  const worst = (index: number): Finding => ({
    id: `${text}|${index}`,
    code: `firewall.${text}`,
    subject: `${index}${text}`,
    severity: 'critical',
    title: `${text}${index}`,
    text,
    impact: text,
    fix: Array.from({ length: 12 }, (_, step) => `${step} ${text}`),
    avoid: [`${index}${text}`],
    pod: { namespace: text, name: text, uid: text, container: text },
    evidence: Object.fromEntries(Array.from({ length: 40 }, (_, key) => [`${key}${text}`, text])),
    since,
    found: since,
    onset: { to: since },
    seen: since,
    count: 1,
    notifyAt: since,
  })
  const of = incident({
    id: `${text}|1`,
    cause: worst(0),
    affected: Array.from({ length: 20 }, (_, index) => worst(index + 1)),
  })
  const kinds: readonly Kind[] = ['opened', 'worse', 'grew', 'merged', 'resolved', 'reminder']
  return [
    ...kinds.map(
      (kind): Notice => ({
        kind,
        id: `${kind}${text}`,
        node: text,
        at: since + 60_000,
        incident: kind === 'resolved' ? { ...of, resolved: since + 60_000 } : of,
      }),
    ),
    {
      kind: 'digest',
      id: `digest${text}`,
      node: text,
      at: since + 60_000,
      incidents: Array.from({ length: 60 }, () => ({ ...of, resolved: since + 1000 })),
    },
    ...kinds.map(
      (change): Notice => ({
        kind: 'several',
        change,
        id: `several${change}${text}`,
        node: text,
        at: since + 60_000,
        group: { id: `kind ${text}`, of: 'kind' },
        incidents: Array.from({ length: 60 }, (_, index) => ({
          ...of,
          id: `${text}|${index}`,
          ...(change === 'resolved' && { resolved: since + 1000 }),
        })),
        ...(change === 'merged' && { into: of }),
      }),
    ),
    {
      ...{
        kind: 'weekly',
        id: `weekly${text}`,
        node: text,
        at: since + 60_000,
        from: since - 7 * 86_400_000,
      },
      incidents: Array.from({ length: 60 }, (_, index) => ({
        ...of,
        id: `${text}|${index}`,
        ...(index % 2 === 0 && { resolved: since + 1000 }),
      })),
      deadlines: Array.from({ length: 60 }, () => ({ what: text, at: since + 1e9, confidence: 'rough' })),
      unseen: Array.from({ length: 60 }, () => text),
      versions: text,
    },
    { kind: 'test', id: `test${text}`, node: text, at: since },
  ]
}
