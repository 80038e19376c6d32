import type { HeartbeatKind, HeartbeatType } from '../../model/index.ts'
import { gatus } from './gatus.ts'
import { healthchecks } from './healthchecks.ts'
import { kuma } from './kuma.ts'
import { url } from './url.ts'

/** All kinds of services that a heartbeat can go to. */
export const heartbeatKinds: Readonly<Record<HeartbeatType, HeartbeatKind>> = {
  healthchecks,
  kuma,
  gatus,
  url,
}
