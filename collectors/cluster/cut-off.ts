import type { Observation } from '../../agent/model/index.ts'
import { list, listed, many } from '../../agent/text/lists.ts'
import { exactMoment } from '../../agent/text/times.ts'
import type { Code } from './rules.ts'
import type { ClusterSample, Lost } from './sample.ts'
import { lostAt } from './verdict.ts'

const named = 5
/** All other nodes were lost at once, so it is not they. Pure. */
export function allLost({ place, nodes = [] }: ClusterSample, lost: readonly Lost[]): Observation<Code> {
  const me = place?.me ?? ''
  const since = Math.min(...lost.map(lostAt))
  const isAlone = nodes.find((it) => it.name === me)?.ready !== false
  const port = place ? new URL(place.api.origin).port || '443' : ''
  const wellAt = lost.flatMap((it) => it.wellAt ?? [])
  const answers = lost.some((it) => it.detail?.kubelet === 'answers')
  return {
    code: 'cluster.cut-off',
    subject: me,
    at: since,
    ...(wellAt.length > 0 && { wellAt: Math.min(...wellAt) }),
    text: [
      isAlone
        ? `${many(lost.length, 'node')} stopped reporting to ${me} at once, at ${exactMoment(since)}, and no other is left: ${names(lost)}.`
        : `All nodes stopped reporting to ${me} at once, at ${exactMoment(since)}, itself included.`,
      answers
        ? "Kubelets answer from here, so machines run; their kubelets' reports do not arrive at the API."
        : `None answers from here: it is likely the network of ${me}, or power or a switch that all of them share.`,
    ].join(' '),
    ...(answers && {
      fix: [
        'See what the firewall of this server drops: `agent firewall`',
        `From another node, see whether the API answers: \`curl -ksm5 https://${me}:${port}/ping\``,
      ],
    }),
    evidence: { state: answers ? 'api' : 'network', nodes: lost.length, agents: 'none' },
  }
}

/** No other server answers, and the API does not work: that may be they, or this one. Pure. */
export function allSilent(
  me: string,
  gone: readonly { readonly name: string; readonly since: number }[],
  api: string,
): Observation<Code> {
  const since = Math.max(...gone.map((it) => it.since))
  return {
    code: 'cluster.cut-off',
    subject: me,
    at: since,
    text: `No other server answers ${me} since ${exactMoment(since)}: ${names(gone)}. ${api} It is likely the network of ${me}, or power or a switch that the others share.`,
    fix: [
      'See whether the network of this server works: `ip -s -s link`',
      'See the power, cables and consoles of the other servers',
    ],
    evidence: { state: 'servers', nodes: gone.length },
  }
}

const names = (all: readonly { readonly name: string }[]) => {
  const each = all.map((it) => it.name)
  return each.length > named ? listed(each, named) : list(each)
}
