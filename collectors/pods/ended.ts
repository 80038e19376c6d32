import type { Host } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import type { Ended } from './sample.ts'

/** Where containerd keeps the state of each container, k3s's own first (containerd, internal/cri/store/container). */
const roots = [
  '/var/lib/rancher/k3s/agent/containerd',
  '/var/lib/rancher/rke2/agent/containerd',
  '/var/lib/containerd',
].map((root) => `${root}/io.containerd.grpc.v1.cri/containers`)

/**
 * How the last of these containers ended; the ids are successive instances of one container. `down` if none of them
 * runs.
 */
export async function readEnded(
  host: Host,
  ids: readonly string[],
): Promise<{ readonly ended?: Ended; readonly down?: boolean } | undefined> {
  const known: Status[] = []
  for (const id of ids) {
    const status = /^[0-9a-f]{64}$/.test(id) ? await readStatus(host, id) : undefined
    if (status) known.push(status)
  }
  const newest = known.sort((a, b) => b.created - a.created)[0]
  if (!newest) return undefined
  const ended = known.find((it) => it.ended !== undefined)?.ended
  return { ...(ended && { ended }), ...(newest.ended && known.length === ids.length && { down: true }) }
}

interface Status {
  readonly created: number
  readonly ended?: Ended
}

async function readStatus(host: Host, id: string): Promise<Status | undefined> {
  for (const root of roots) {
    const text = await orNothing(host.text(`${root}/${id}/status`, { limit: 64 * 1024 }))
    const status = text === undefined ? undefined : statusOf(text)
    if (status) return status
  }
  return undefined
}

/**
 * Parses `{"Version":"v1","CreatedAt":<ns>,"FinishedAt":<ns>,"ExitCode":137,"Reason":"OOMKilled"}`; undefined for
 * anything else.
 */
export function statusOf(text: string): Status | undefined {
  let said: Readonly<Record<string, unknown>>
  try {
    said = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
  const { Version, CreatedAt, FinishedAt, ExitCode, Reason } = said
  if (Version !== 'v1' || typeof CreatedAt !== 'number') return undefined
  if (typeof FinishedAt !== 'number' || FinishedAt <= 0) return { created: CreatedAt }
  const reason = typeof Reason === 'string' && /^[A-Za-z]{1,40}$/.test(Reason) ? Reason : undefined
  return {
    created: CreatedAt,
    ended: {
      code: typeof ExitCode === 'number' && Number.isInteger(ExitCode) ? ExitCode : -1,
      ...(reason && { reason }),
      at: Math.round(FinishedAt / 1e6),
    },
  }
}
