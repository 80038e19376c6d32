import type { Arrival } from '../arrivals.ts'

/** What a sink heard: a new message, an edit of one it has, or that it is over. */
export type Kind = 'new' | 'edit' | 'over'

export interface News {
  readonly sink: Arrival['receiver']
  readonly kind: Kind
  readonly at: number
  /** The codes of the rules that it is about, the root's first; ntfy says none. */
  readonly codes: readonly string[]
  readonly arrival: Arrival
}

/** The kernel's log is the whole machine's: who else is killed on it is not of this night. */
const foreign = ({ body }: Arrival) => {
  const text = JSON.stringify(body)
  return /OOM ?kill|memory\.oom-/i.test(text) && !text.includes('shop/')
}

export const newsOf = (arrivals: readonly Arrival[]): readonly News[] =>
  arrivals.filter((it) => !foreign(it)).map(news)

function news(arrival: Arrival): News {
  const { receiver: sink, at, body, method } = arrival
  const of = { sink, at, arrival, codes: [] }
  if (sink === 'discord') {
    const code = / · ([\w.-]+)$/.exec(body.embeds?.[0]?.footer?.text ?? '')?.[1]
    const kind = method === 'PATCH' ? 'edit' : body.embeds?.length ? 'new' : 'over'
    return { ...of, kind, codes: code ? [code] : [] }
  }
  if (sink === 'ntfy')
    return {
      ...of,
      kind: body.title?.includes(': resolved after ') ? 'over' : (body.priority ?? 3) > 3 ? 'new' : 'edit',
    }
  const kind = /resolved$/.test(body.type ?? '')
    ? 'over'
    : /opened|worse|reminder$/.test(body.type ?? '')
      ? 'new'
      : 'edit'
  const { cause, affected = [] } = body.data?.incident ?? {}
  return { ...of, kind, codes: [...(cause ? [cause.code] : []), ...affected.map((it) => it.code)] }
}

/** The commands that a message names, in order, as a person would paste them. */
export function steps({ body }: Arrival): readonly string[] {
  const fix =
    body.embeds?.[0]?.fields?.find((it) => it.name === 'Fix')?.value ??
    body.data?.incident?.fix?.join('\n') ??
    ''
  return [...fix.matchAll(/```\n([^`]+)\n```|`([^`]+)`/g)].map(([, block, inline]) => block ?? inline ?? '')
}
