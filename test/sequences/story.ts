import { titleOf } from '../../agent/model/index.ts'
import type { Sequence } from './sequence.ts'
import { figures, tally } from './tally.ts'

const clock = (at: number) => new Date(at).toISOString().slice(11, 19)

/** One sequence as it can be read: what was done, what was told, and what is wrong with that. */
export function story(it: Sequence): string {
  const { seed, traits, acts, messages, flaws } = it
  const lines = [
    ...acts.map(
      (act) => [act.at, `#${act.id} ${act.fault ? 'FAULT' : 'act  '} ${act.kind}: ${act.text}`] as const,
    ),
    ...messages.map((message) => [message.at, toldAs(message)] as const),
    ...flaws
      .filter(({ kind }) => kind !== 'one more message')
      .map((flaw) => [flaw.at, `!! ${flaw.kind}: ${flaw.text}`] as const),
  ]
  const node = Object.entries(traits).map(([name, is]) => `${is ? '' : 'no '}${name}`)
  return [
    `seed ${seed} (${node.join(', ')})`,
    ...lines.toSorted((a, b) => a[0] - b[0]).map(([at, text]) => `${clock(at)}  ${text}`),
    ...figures(tally([it])).map(({ name, text }) => `${name}: ${text}`),
  ].join('\n')
}

function toldAs({ kind, rings, incidents }: Sequence['messages'][number]): string {
  const all = incidents.map((it) => {
    const members = it.affected.map((one) => `${one.code}${one.resolved === undefined ? '' : ' (over)'}`)
    return `${titleOf(it)} [${it.cause.code} ${it.cause.subject}${members.length > 0 ? `; led to ${members.join(', ')}` : ''}]`
  })
  return `${rings ? '>> ' : ' > '}${kind}: ${all.join('; ')}`
}
