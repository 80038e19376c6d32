import { enclosed } from './brackets.ts'
import { type As, onward, type Rule } from './cut.ts'

/** Secrets that are known by the name before them: assignments, flags, and the keys of YAML and JSON. */

/** Names of environment variables that are secret. Two patterns, as a single one would take quadratic time. */
const upper = /^[A-Z0-9_]+$/
const variable = /TOKEN|PASSWORD|PASSWD|SECRET|_KEY|ENDPOINT|CREDENTIAL/

/** Words that make the value of a key or flag secret, anywhere in its name. */
const words =
  /token|passw(?:or[dt]|d)|pass[-_]?phrase|secret|credential|requirepass|masterauth|datastore[-_]?endpoint|vpn[-_]?auth|client-key-data|tls\.key|etcd-s3-[a-z]{1,20}-key|(?:api|access|private|signing|shared|account|secret|encryption|auth|join|license)[-_]?key|session[-_]?(?:id|key)|set-cookie|signature/i

/** The same, but only as a whole name, or at its end after `-`, `_` or `.`. */
const short = /(?:^|[-_.])(?:jwt|pin|pw|pwd|pass|passcode|psk|otp|sid|cookie|webhook|dsn|_?auth)$/i

/** Names whose values only say where a secret is, or how it is stored. */
const harmless = /(?:file|path|dir|name|seconds|\.crt)$|^-*secrets-encrypt/i

const isSecret = (name: string) =>
  (upper.test(name) && variable.test(name)) ||
  ((words.test(name) || short.test(name)) && !harmless.test(name))

/** The value of `iptables -t` is not a token. */
const tables = /(?:nat|filter|mangle|raw|security|broute)(?![\w.:-])/y

/**
 * A flag, with the quote before it and what separates it from its value: `=`, spaces, the NUL of /proc/PID/cmdline, in
 * a unit a backslash at the end of the line and comments after it, the comma of a JSON list or the dash of a YAML list.
 */
const flag =
  /(["']?)(?<!(?<!\\)[\w-])--?([a-z][\w-]*)(["']?(?:=|,?(?:[\s\0\\]+|(?<=\n[ \t]*)[#;][^\n]*\n)+(?:-[ \t]+)?|,))/gi

/**
 * A name and its `:` or `=`, which may be on the next line after a `?` (YAML 1.2, 8.2.2). The first group is the
 * indentation, if the name is the first on its line.
 */
const assignment =
  /(^(?:export[ \t]+|[ \t]+)?(?:-[ \t]+)*|(?<![\w.-]))((?<!\\)["']|)([\w.-]+)(\\*["']?[ \t]*(?:\n(?<=\?[ \t][^\n]{1,200}\n)[ \t]*)?(?:\+[ \t]*)?([:=])(?!:)[ \t]*)/gm

/**
 * Forms of values. Each matches at any position, if only the empty string, so that the engine never searches on; the
 * bounds keep its stack small.
 */
const doubleQuoted = /(?:[^"\\\n]+|\\[\s\S]|\n(?=[ \t])){0,1000000}/y
const singleQuoted = /(?:[^'\n]+|''|\n(?=[ \t])){0,1000000}/y
const escaped = /[^"'\\\n]*/y
const word = /(?:[^\s\0"']+|["'](?=[\w$%&*+./@!~^-])){0,1000000}/y
const plain = /(?:[^\s\0,}"']+|[,}](?![\s\0"',}\]]|$)|["'](?=[\w$%&*+./@!~^-])){0,1000000}/y
/** A plain value inside brackets, where it may have spaces and several lines (YAML 1.2, 7.3.3). */
const flow = /(?:[^\n\0,}\]"']+|\n(?=[ \t])|[,}\]](?![\s\0"',}\]]|$)|["'](?=[\w$%&*+./@!~^-])){0,1000000}/y
/** Text directly after a closing bracket that is not punctuation. */
const rest = /[^\s\0,;:}\])"'\\]*/y
/** The tag and the anchor of a value (YAML 1.2, 6.9). */
const properties = /(?:[!&][^\s,[\]{}"']*[ \t]+){0,2}/y
const untilNul = /[^\0\n]*/y
const shell = /(?:"(?:[^"\\]+|\\[\s\S])*"?|'[^']*'?|\\[\s\S]|[^\0\n\\"']+){0,1000000}/y
const literal = /(?:true|false|null)(?![^\s,}\]])/y
const number = /-?[\d.]+(?=[ \t]*[,}\]\r\n])/y

const end = (text: string, at: number, form: RegExp): number => {
  form.lastIndex = at
  return form.test(text) ? form.lastIndex : at
}
const quoted = (quote: string) => (quote === '"' ? doubleQuoted : singleQuoted)

/** The secret after a name. */
type Value = readonly [from: number, to: number, as?: As]

/** A rule that cuts what `value` returns after each match of `head`. */
const behind =
  (head: RegExp, value: (text: string, found: RegExpExecArray, at: number) => Value | undefined): Rule =>
  (text, cut) => {
    head.lastIndex = 0
    for (let found = head.exec(text); found; found = head.exec(text)) {
      const at = head.lastIndex
      const [from, to, as] = value(text, found, at) ?? [at, at]
      cut(from, to, as)
      if (to > from) head.lastIndex = onward(from, to)
    }
  }

export const flags = behind(flag, (text, [, before = '', name = '', between = ''], at) => {
  if (name === 't' ? end(text, at, tables) > at : !isSecret(name)) return undefined
  if (before && between === '=') return [at, end(text, at, quoted(before))]
  const open = text[at]
  const first = open === '"' || open === "'" ? at + 1 : at
  // What follows is another flag, so this one has no value.
  if (!between.endsWith('=') && /^-(?:-[a-z]|[a-z](?![\w-]))/.test(text.slice(first, first + 3)))
    return undefined
  return [first, end(text, first, first > at ? quoted(open as string) : word)]
})

/** Whether a name at this position is, or may be, in a list or mapping in brackets. */
const inBrackets = (text: string, at: number) => /[{,[]\s{0,80}$/.test(text.slice(Math.max(0, at - 81), at))

export const assignments = behind(assignment, (text, found, at) => {
  const [, start = '', before = '', given = '', between = '', sign = ''] = found
  // The n of an escaped line break (`\n`) does not belong to the name.
  const name = text[found.index + start.length + before.length - 1] === '\\' ? given.slice(1) : given
  const opens = found.index === 0 || text[found.index - 1] === '\n' || between.includes('\n')
  // The environment of a kubeconfig's `exec` is a list of `name` and `value`: every `value` is secret.
  const ofList =
    name === 'value' && sign === ':' && (opens || before || /[{,\s]/.test(text[found.index - 1] ?? ''))
  if (!ofList && !isSecret(name)) return undefined
  if (end(text, at, literal) > at) return undefined
  // "NAME=value": the quote before the name also ends the value, but in a shell the word may go on: "NAME=val"ue.
  if (before && sign === '=' && !between.startsWith(before))
    return text[at] === before
      ? [at + 1, end(text, at + 1, quoted(before))]
      : [at, end(text, end(text, at, quoted(before)), word)]
  if (sign === '=' && !/[\t ]/.test(between) && text[found.index - 1] === '\0')
    return [at, end(text, at, untilNul)]
  if (sign === '=' && opens) return [at, end(text, at, shell)]
  const held = sign === ':' ? end(text, at, properties) : at
  const open = text[held] ?? ''
  if (open === '[' || open === '{')
    return [at, end(text, enclosed(text, held), rest), between.includes('\\') ? 1 : 2]
  if (held > at && (open === '"' || open === "'")) return [at, end(text, held + 1, quoted(open))]
  if (open === '"' || open === "'") return [at + 1, end(text, at + 1, quoted(open))]
  if (open === '\\' && /["']/.test(text[at + 1] ?? '')) return [at + 2, end(text, at + 2, escaped)]
  const counted = before ? end(text, at, number) : at
  if (counted > at) return [at, counted, 2]
  if (opens && sign === ':') return [at, block(text, at, start.length), between.endsWith(':') ? 3 : 2]
  if (sign === '=') return [at, end(text, at, word)]
  return [at, end(text, at, inBrackets(text, found.index) ? flow : plain), 2]
})

const line = /\n([ \t]*)([^\n]*)/y

/** The end of a YAML value that begins at `at`: its line, and following ones that are more indented or list items. */
function block(text: string, at: number, indent: number): number {
  let to = end(text, at, untilNul)
  const items = to === at
  line.lastIndex = to
  for (let found = line.exec(text); found; found = line.exec(text)) {
    const [, { length } = '', rest = ''] = found
    if (!rest.trim()) continue
    if (length <= indent && !(items && length === indent && /^-[ \t]/.test(rest))) break
    to = line.lastIndex
  }
  return to
}
