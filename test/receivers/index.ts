import type { DiscordReceiver } from './discord.ts'
import { discordReceiver } from './discord.ts'
import type { NtfyReceiver } from './ntfy.ts'
import { ntfyReceiver } from './ntfy.ts'
import type { WebhookReceiver } from './webhook.ts'
import { webhookReceiver, webhookSecret } from './webhook.ts'

export interface Receivers {
  readonly discord: DiscordReceiver
  readonly ntfy: NtfyReceiver
  readonly webhook: WebhookReceiver
  close(): Promise<void>
}

/** All three, each on `port`, `port + 1` and `port + 2`, or on free ports. The webhook wants `webhookSecret`. */
export async function startReceivers({
  port = 0,
  host = '127.0.0.1',
  tell,
}: {
  port?: number
  host?: string
  tell?: (line: object) => void
} = {}): Promise<Receivers> {
  const at = (offset: number) => ({ host, port: port && port + offset, ...(tell && { tell }) })
  const discord = await discordReceiver(at(0))
  const ntfy = await ntfyReceiver(at(1))
  const webhook = await webhookReceiver({ ...at(2), secret: webhookSecret })
  return {
    discord,
    ntfy,
    webhook,
    async close() {
      await Promise.all([discord, ntfy, webhook].map((it) => it.close()))
    },
  }
}
