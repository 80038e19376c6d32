import type { Host } from '../../agent/model.ts'
import { orMissing } from '../node/k3s.ts'

/** What ufw's own files say; `ufw status` asks for root and takes long. */
export interface Ufw {
  readonly enabled: boolean
  /** DROP, REJECT or ACCEPT. */
  readonly input?: string
}

const setting = (text: string, key: string) =>
  new RegExp(`^\\s*${key}=["']?(\\w+)`, 'm').exec(text)?.[1] ?? undefined

/** Undefined where ufw is not installed. Throws a HostError where its files may not be read. */
export async function readUfw(host: Host): Promise<Ufw | undefined> {
  const state = await orMissing(host.text('/etc/ufw/ufw.conf'))
  if (state === undefined) return undefined
  const defaults = (await orMissing(host.text('/etc/default/ufw'))) ?? ''
  const input = setting(defaults, 'DEFAULT_INPUT_POLICY')?.toUpperCase()
  return { enabled: setting(state, 'ENABLED')?.toLowerCase() === 'yes', ...(input && { input }) }
}
