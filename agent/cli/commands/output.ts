import { withFingerprint } from '../../api/snapshot.ts'
import type { Config } from '../../config/config.ts'
import type { Finding, Incident, Severity, Terminal } from '../../model/index.ts'
import { severities } from '../../model/index.ts'
import { ascii } from '../../text/ascii.ts'
import { terminalOf } from '../../text/terminal.ts'
import { jsonText } from '../json.ts'
import { type Common, print, Refusal } from './common.ts'

/** What a command prints: for people, with all there is to see (`wide`), for programs, or only names, one a line. */
export type Form = 'text' | 'wide' | 'json' | 'yaml' | 'name'
export const forms: readonly Form[] = ['wide', 'json', 'yaml', 'name']

/** Options of every command that shows what is or was. */
export interface OutputOptions extends Common {
  readonly json?: boolean
  readonly output?: string
  readonly severity?: string
}

/** Which form was asked for; a Refusal where there is no such form. */
export function formOf({ json, output }: Pick<OutputOptions, 'json' | 'output'>): Form {
  if (output === undefined) return json ? 'json' : 'text'
  const form = forms.find((it) => it === output)
  if (!form) throw new Refusal(`-o ${output}: use one of ${forms.join(', ')}`)
  return form
}

/** The mildest severity that was asked for; a Refusal where there is none of that name. */
export function severityOf({ severity }: Pick<OutputOptions, 'severity'>): Severity {
  if (severity === undefined) return 'info'
  const it = severities.find((one) => one === severity)
  if (!it) throw new Refusal(`--severity ${severity}: use one of ${severities.join(', ')}`)
  return it
}

export const isAtLeast = (it: Pick<Finding, 'severity'>, least: Severity): boolean =>
  severities.indexOf(it.severity) >= severities.indexOf(least)

/** JSON or YAML, times as ISO 8601. */
export const dataText = (form: 'json' | 'yaml', value: unknown): Promise<string> =>
  formed(form, jsonText(value))

/** The same of a value whose times are written already: no number in it is a time. */
export const datedText = (form: 'json' | 'yaml', value: unknown): Promise<string> =>
  formed(form, `${JSON.stringify(value, null, 2)}\n`)

async function formed(form: 'json' | 'yaml', json: string): Promise<string> {
  // Only loaded here: nothing else that is asked for in a hurry needs it.
  return form === 'json' ? json : (await import('../../config/yaml-text.ts')).yamlText(JSON.parse(json))
}

/** Each open finding as `CODE/SUBJECT`, one a line, as `agent why` takes it. */
export const namesOf = (findings: readonly Pick<Finding, 'code' | 'subject'>[]): string =>
  [...new Set(findings.map(nameOf))].map((it) => `${it}\n`).join('')

/** `firewall.flushed/nft` */
export const nameOf = ({ code, subject }: Pick<Finding, 'code' | 'subject'>): string => `${code}/${subject}`

/** What all findings of incidents are called, those that are over left out where `open`. */
export const namesOfAll = (incidents: readonly Incident[], open: boolean): string =>
  namesOf(
    incidents
      .flatMap(({ cause, affected }) => [cause, ...affected])
      .filter((it) => !open || it.resolved === undefined),
  )

/** An incident as data that may lie beside those of other nodes. */
export const ofNode = (
  it: Incident,
  { node, letterhead: { cluster } }: Pick<Config, 'node' | 'letterhead'>,
) => ({
  node,
  ...(cluster !== undefined && { cluster }),
  ...withFingerprint(it, node),
})

/** What a command has to show; only what is asked for is made. */
export interface Shown {
  readonly data: () => unknown
  readonly names: () => string
  readonly page: (terminal: Terminal, wide: boolean) => string
}

/** It in one form. */
export async function textIn(form: Form, terminal: Terminal, { data, names, page }: Shown): Promise<string> {
  if (form === 'json' || form === 'yaml') return dataText(form, data())
  return form === 'name' ? names() : page(terminal, form === 'wide')
}

/** Prints it in the form that was asked for. */
export async function answer(form: Form, options: Common, shown: Shown): Promise<void> {
  const terminal = here(options)
  const text = await textIn(form, terminal, shown)
  if (form === 'text' || form === 'wide') show(text, terminal)
  else print(text)
}

/** The terminal of this process. */
export const here = (options: Common = {}): Terminal =>
  terminalOf(process.stdout, process.env, { local: options.local === true })

/** Prints what is for people: in ASCII where the terminal has nothing else. */
export const show = (text: string, terminal: Terminal): void => print(terminal.ascii ? ascii(text) : text)
