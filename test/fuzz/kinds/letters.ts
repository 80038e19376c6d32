import { advice } from '../../../agent/core/cascade/advice.ts'
import {
  type Finding,
  type Incident,
  type Letter,
  type Notice,
  type Sink,
  severities,
} from '../../../agent/model/index.ts'
import { problems } from '../../receivers/discord.ts'
import { messengers, secret, workingSettings } from '../../receivers/settings.ts'
import { kind, must, part, textOf } from '../kind.ts'
import type { Luck } from '../luck.ts'
import { oddTexts } from '../odd.ts'

/** How large a body each service takes, in bytes: Discord's limits are characters, and are looked at by `problems`. */
const mostBody: Readonly<Record<string, number>> = {
  ...{ discord: 40_000, ntfy: 8192, telegram: 16_000, slack: 12_000, matrix: 24_000, gotify: 8192 },
  ...{ apprise: 8192, email: 24_000, webhook: 20_000 },
}

const since = Date.UTC(2026, 2, 5, 3, 12, 7)

/** One of the texts that break things, several of them, or one over and over. */
function hostile(luck: Luck): string {
  if (luck.odds(0.2))
    return luck
      .pick(oddTexts)
      .repeat(luck.pick([2, 60, 3000]))
      .slice(0, 6_000)
  return Array.from({ length: luck.pick([1, 1, 1, 3, 12]) }, () => luck.pick(oddTexts)).join(
    luck.pick(['', ' ', '\n', '`']),
  )
}

function finding(luck: Luck, index: number): Finding {
  const text = () => (luck.odds(0.3) ? 'a calm sentence.' : hostile(luck))
  const at = since + luck.below(86_400_000)
  return {
    id: `${text()}|${index}`,
    code: luck.odds(0.5) ? 'firewall.flushed' : text(),
    subject: text(),
    severity: luck.pick(severities),
    title: text(),
    text: text(),
    impact: text(),
    fix: Array.from({ length: luck.below(8) }, text),
    ...(luck.odds(0.5) && { avoid: [text()] }),
    ...(luck.odds(0.3) && { pod: { namespace: text(), name: text(), container: text() } }),
    ...(luck.odds(0.3) && {
      evidence: Object.fromEntries(
        Array.from({ length: luck.pick([1, 1, 40]) }, (_, key) => [`${key}${text()}`, text()]),
      ),
    }),
    ...(luck.odds(0.2) && { stage: luck.below(6) }),
    ...(luck.odds(0.3) && { resolved: at + 1000 }),
    since: at,
    found: at,
    onset: { from: at - luck.below(86_400_000), to: at },
    seen: at,
    count: luck.below(1000),
    notifyAt: at,
  }
}

function incident(luck: Luck, sizes = [0, 1, 3, 60]): Incident {
  const cause = finding(luck, 0)
  const affected = Array.from({ length: luck.pick(sizes) }, (_, index) => finding(luck, index + 1))
  const over = luck.odds(0.3) && { resolved: since + 90_000_000 }
  return {
    id: cause.id,
    cause,
    affected,
    severity: luck.pick(severities),
    since,
    notifyAt: since,
    ...advice(cause, affected),
    ...over,
  }
}

function notice(luck: Luck): Notice {
  const about = { id: hostile(luck), node: hostile(luck), at: since + 60_000 }
  const kinds = ['opened', 'worse', 'grew', 'merged', 'resolved', 'reminder'] as const
  if (luck.odds(0.05)) return { kind: 'test', ...about }
  if (luck.odds(0.1))
    return {
      kind: 'digest',
      ...about,
      incidents: Array.from({ length: luck.pick([1, 50]) }, () => incident(luck, [0, 1])),
    }
  return { kind: luck.pick(kinds), ...about, incident: incident(luck) }
}

/** What every sink writes of a notice. */
export const letters = kind({
  name: 'letters',
  cases: 60,
  make: (luck) => [
    part('notice', JSON.stringify(notice(luck))),
    part('receipt', luck.pick(['', '1234567890', hostile(luck)])),
  ],
  hold(parts) {
    let it: Notice
    try {
      it = JSON.parse(textOf(parts, 'notice')) as Notice
    } catch {
      return
    }
    for (const sink of messengers)
      for (const receipt of [undefined, textOf(parts, 'receipt')]) composed(sink, it, receipt)
  },
})

function composed(sink: Sink, it: Notice, receipt: string | undefined): void {
  const settings = { ...workingSettings(sink), ...(sink.name === 'webhook' && { secret }) }
  const all = sink.compose(it, settings, receipt)
  must(
    JSON.stringify(sink.compose(it, settings, receipt)) === JSON.stringify(all),
    `${sink.name}: composing is pure`,
    () => it.kind,
  )
  must(all.length <= 3, `${sink.name}: letters are few`, () => `${all.length}`)
  for (const letter of all) wellWritten(sink.name, letter, new URL(String(workingSettings(sink).url)).host)
}

const unseen = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/

function wellWritten(sink: string, { url, headers, body }: Letter, host: string): void {
  must(URL.canParse(url) && new URL(url).host === host, `${sink}: it goes where it was told`, () => url)
  for (const [name, value] of Object.entries(headers))
    must(
      /^[\x20-\x7e]*$/.test(value) && value.length < 1000,
      `${sink}: headers cannot be forged`,
      () => `${name}: ${value}`,
    )
  must(!body.includes(secret), `${sink}: no secret in the text`, () => body)
  must(
    body.isWellFormed() && !/\\ud[89a-f][0-9a-f]{2}/i.test(body),
    `${sink}: no half of a surrogate pair`,
    () => body,
  )
  must(
    Buffer.byteLength(body) <= (mostBody[sink] ?? 0),
    `${sink}: a letter is bounded`,
    () => `${Buffer.byteLength(body)} bytes`,
  )
  const value = JSON.parse(body) as Record<string, unknown>
  must(
    texts(value).every((text) => !unseen.test(text)),
    `${sink}: nothing unseen in a text`,
    () => body,
  )
  if (sink === 'discord') {
    const wrong = problems(value)
    must(wrong.length === 0, 'discord: what Discord takes', () => wrong.join('; '))
  }
  if (sink === 'ntfy') {
    const {
      topic,
      message,
      sequence_id: sequence,
    } = value as { topic: string; message: string; sequence_id: string }
    must(
      topic === 'home-cluster' &&
        Buffer.byteLength(message) <= 4096 &&
        /^[-_A-Za-z0-9]{1,64}$/.test(sequence),
      'ntfy: what ntfy takes',
      () => body,
    )
  }
}

/** Every text in a value, keys as well. */
const texts = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, it]) => [key, ...texts(it)])
      : []
