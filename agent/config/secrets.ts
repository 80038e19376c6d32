import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sink } from '../model/index.ts'
import type { Path } from './problems.ts'
import { secretForms } from './schema.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * What to do with secrets in files or credentials: `read` them, `leave` them unread, or only `look` whether their
 * files have errors, as far as this user can know. Only commands that send messages need them, and only the daemon
 * has systemd's credentials.
 */
export type Secrets = 'read' | 'look' | 'leave'

/**
 * The content of a `_file` or `_credential`; undefined if it is left unread. Errors do not quote `value`: it may be the
 * secret itself, pasted in the wrong place.
 */
export type SecretReader = (form: string, value: string) => string | undefined

/** Where systemd keeps what it hands to the service, while that runs: for the commands that root runs beside it. */
const ofTheService = '/run/credentials/murphy.service'

export const secretReader =
  (secrets: Secrets, environment: Environment): SecretReader =>
  (form, value) => {
    const credential = form.endsWith('_credential')
    if (credential && !/^[\w.@-]{1,200}$/.test(value))
      throw new Error('must be the name of a credential, as in LoadCredential=NAME:PATH')
    if (!credential && !value.startsWith('/'))
      throw new Error('must be an absolute path, such as /etc/murphy/discord.url')
    if (secrets === 'leave' || (credential && secrets === 'look')) return undefined
    const folder = environment.CREDENTIALS_DIRECTORY || (existsSync(ofTheService) && ofTheService)
    if (credential && !folder)
      throw new Error(
        'systemd passed no credentials; murphy.service must run, and have LoadCredential=NAME:PATH or LoadCredentialEncrypted=NAME:PATH with this name',
      )
    const file = credential ? join(folder || '', value) : value
    try {
      if (secrets === 'read') return readFileSync(file, 'utf8').trim()
      accessSync(file, constants.R_OK)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      // The daemon runs as another user, and may read what this user may not.
      if (secrets === 'read' || code !== 'EACCES')
        throw new Error(
          `the ${credential ? 'credential' : 'file'} ${reasons[code] ?? `cannot be read (${code})`}`,
        )
    }
    return undefined
  }

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist (ENOENT)',
  EACCES: 'is not readable for this user (EACCES)',
  EISDIR: 'is a directory (EISDIR)',
}

/** The sink's own settings, with each secret read from its file or credential, or its key added to `unread`. */
export function secretsOf(
  sink: Pick<Sink, 'settings' | 'required'>,
  own: Record<string, unknown>,
  path: Path,
  read: SecretReader,
  unread: string[],
  problem: (path: Path, words: string) => void,
): Record<string, unknown> {
  const settings: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(sink.settings)) {
    const secret = schema.type === 'string' && schema.secret
    const forms = secret ? [key, ...Object.keys(secretForms).map((it) => key + it)] : [key]
    const given = forms.filter((it) => own[it] !== undefined)
    const [form] = given
    if (form === undefined) {
      if (sink.required.includes(key))
        problem([...path, key], `missing; set ${secret ? `${key}, ${key}_file or ${key}_credential` : key}`)
      continue
    }
    if (given.length > 1) problem([...path, form], `set only one of ${given.join(', ')}`)
    const value = own[form]
    if (form === key) settings[key] = value
    else if (typeof value === 'string') {
      try {
        const text = read(form, value)
        if (text === undefined) unread.push(key)
        else settings[key] = text
      } catch (error) {
        problem([...path, form], (error as Error).message)
      }
    }
  }
  return settings
}
