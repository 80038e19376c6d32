import type { Config, SinkConfig } from '../../config/config.ts'
import { sinks } from '../../delivery/sinks/index.ts'
import type { Notice } from '../../model/index.ts'
import { type Common, type Exit, print, Refusal } from './common.ts'
import { settings } from './settings.ts'

export interface NotifyArguments extends Common {
  readonly test?: boolean
  /** Only this sink. */
  readonly sink?: string
}

/** Sends a test message to each sink, once, and says what came back. */
export async function notify(options: NotifyArguments): Promise<Exit> {
  if (!options.test)
    throw new Refusal('nothing to do; send a test message to each sink: `agent notify --test`')
  const config = settings(options, { secrets: 'read', needed: true })
  const chosen = config.sinks.filter((it) => options.sink === undefined || it.name === options.sink)
  if (chosen.length === 0)
    throw new Refusal(
      options.sink
        ? `no sink ${options.sink}; configured: ${config.sinks.map((it) => it.name).join(', ') || 'none'}`
        : `no sink configured in ${config.file ?? '/etc/murphy/config.yaml'}; it holds examples`,
    )
  const results = await testSinks(config, chosen)
  for (const { name, reading } of results)
    print(`${name}: ${reading.outcome === 'accepted' ? 'accepted' : `failed: ${reading.why}`}\n`)
  return results.every(({ reading }) => reading.outcome === 'accepted') ? 0 : 2
}

/** Sends a test message to each of these sinks, once; what came back is in their order. */
export async function testSinks(
  { node, letterhead }: Pick<Config, 'node' | 'letterhead'>,
  chosen: readonly SinkConfig[],
) {
  // Only loaded here: undici is large, and no other command needs it.
  const { postOnce } = await import('../../delivery/post-once.ts')
  const at = Date.now()
  const notice: Notice = { kind: 'test', id: `murphy_test_${at}`, node, at, ...letterhead }
  return Promise.all(
    chosen.map(async (it) => {
      const sink = sinks.find(({ name }) => name === it.type)
      if (!sink) throw new Refusal(`no sink type ${it.type}`)
      return { name: it.name, reading: await postOnce({ sink, settings: it.settings, notice }) }
    }),
  )
}
