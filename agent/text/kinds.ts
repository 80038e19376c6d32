/** What several findings of one kind are called together. Pure and total, as titles and subjects are hostile. */

interface OfKind {
  readonly title: string
  /** The title of its rule, where `title` was made for the finding alone. */
  readonly kind?: string
  readonly subject: string
  readonly pod?: { readonly namespace: string; readonly name: string }
}

/** "8 pods: OOMKilled", "1 pod, 3 times: OOMKilled", "2 findings: cert unreadable". */
export function kindTitle(all: readonly OfKind[]): string {
  const pods = new Set(all.map(podIn))
  const what = pods.has('')
    ? `${all.length} findings`
    : pods.size === 1
      ? `1 pod, ${all.length} times`
      : `${pods.size} pods`
  return `${what}: ${common(all.map((it) => it.kind ?? it.title))}`
}

/** Whose finding it is; also of a pod of which only the uid is known, as it is gone. Empty where it is of no pod. */
const podIn = ({ subject, pod }: OfKind) =>
  pod ? `${pod.namespace}/${pod.name}` : uidIn(subject) === undefined ? '' : subject

/** The uid of a pod whose name nobody knows any more, from a subject such as `pod 38b85a3d-c687-4320-836e-9a2b647445f5`. */
const uidIn = (subject: string) => /^pod ([0-9a-f]{8}-[0-9a-f-]{27})$/.exec(subject)?.[1]

/** A subject as it is listed: the first eight digits tell a uid from all others of a node. */
export function shortSubject(subject: string): string {
  const uid = uidIn(subject)
  return uid === undefined ? subject : `pod ${uid.slice(0, 8)}`
}

/** What all titles begin with, up to a colon: after it stands what is different. */
function common(titles: readonly string[]): string {
  const [first = ''] = titles
  const [kind = first] = first.split(':')
  return titles.every((it) => it === first) ? first : kind.trim() || first
}
