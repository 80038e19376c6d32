/**
 * How k3s and RKE2 are configured: command line, unit, environment files, config files. Sources: k3s's documentation
 * on configuration, its install script, systemd.service(5), systemd.exec(5). Pure.
 */

/**
 * Values by flag name, without dashes; a flag given more than once keeps every value. Names come from outside
 * (`--constructor`), so these objects have no prototype; they hold `mostNames` with `mostValues` each.
 */
export type Flags = Readonly<Record<string, readonly string[]>>
const mostNames = 500
const mostValues = 200

/** Collects flags while they are read, within the bounds above. */
function gathering() {
  const found: Record<string, string[]> = Object.create(null)
  let names = 0
  /** The list of a flag's values, to be appended to; undefined once there are too many flags. */
  const of = (name: string): string[] | undefined => {
    if (!(name in found)) {
      if (names === mostNames) return undefined
      names += 1
      found[name] = []
    }
    return found[name]
  }
  return {
    found: found as Flags,
    add(name: string, value: string) {
      const values = of(name)
      if (values && values.length < mostValues) values.push(value)
    },
    /** Replaces the values given before. */
    set(name: string, given: readonly string[]) {
      of(name)?.splice(0, mostValues, ...given.slice(0, mostValues))
    },
  }
}

/** The commands of the program, not only those that start a node: `k3s kubectl get nodes server` starts no server. */
const commands = new Set([
  ...['server', 'agent', 'kubectl', 'crictl', 'ctr', 'check-config', 'token', 'etcd-snapshot'],
  ...['secrets-encrypt', 'certificate', 'completion'],
])

/** The kind of node that a k3s command line starts; undefined if it starts none. */
export function roleOf(argv: readonly string[]): 'server' | 'agent' | undefined {
  const command = argv.find((word, at) => at > 0 && commands.has(word))
  return command === 'server' || command === 'agent' ? command : undefined
}

/** The words of a line of a unit file, without their quotes. */
export function words(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'),
  )
}

/** The values of a setting in a unit and its drop-ins, in order; an empty assignment clears those before it. */
export function unitValues(unit: string, key: string): string[] {
  const found: string[] = []
  for (const line of unit.replace(/\\\n(?:[ \t]*[#;][^\n]*\n)*/g, ' ').split('\n')) {
    const at = line.indexOf('=')
    if (at < 0 || line.slice(0, at).trim() !== key) continue
    const value = line.slice(at + 1).trim()
    if (value) found.push(value)
    else found.length = 0
  }
  return found
}

/** The words of a unit's ExecStart, which k3s's installer spreads over lines with backslashes. */
export function execStart(unit: string): string[] {
  return words((unitValues(unit, 'ExecStart').at(-1) ?? '').replace(/^[-@:+!|]+/, ''))
}

/** The variables of an environment file. */
export function parseEnvironment(text: string): Record<string, string> {
  const found: Record<string, string> = Object.create(null)
  for (const [, key = '', value = ''] of text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=([^\n]*)$/gm))
    found[key] = unquoted(value.trim())
  return found
}

/** Long names of the short flags that matter here; `-t` is among them so that a token is recognised as one. */
const short = new Map([
  ['d', 'data-dir'],
  ['c', 'config'],
  ['s', 'server'],
  ['t', 'token'],
])

/** `--flag value`, `--flag=value` and `--flag`, by name. */
export function commandFlags(argv: readonly string[]): Flags {
  const flags = gathering()
  for (let at = 0; at < argv.length; at += 1) {
    const [, dashes, name = '', , value] = /^(--?)([a-z][\w-]*)(=([\s\S]*))?$/i.exec(argv[at] ?? '') ?? []
    if (!dashes) continue
    const following = argv[at + 1]
    const given = value ?? (following !== undefined && !following.startsWith('-') ? following : 'true')
    flags.add(dashes === '-' ? (short.get(name) ?? name) : name, given)
  }
  return flags.found
}

const environmentNames: Readonly<Record<string, string>> = {
  K3S_DATA_DIR: 'data-dir',
  RKE2_DATA_DIR: 'data-dir',
  K3S_CONFIG_FILE: 'config',
  RKE2_CONFIG_FILE: 'config',
  K3S_KUBECONFIG_OUTPUT: 'write-kubeconfig',
  RKE2_KUBECONFIG_OUTPUT: 'write-kubeconfig',
  K3S_URL: 'server',
  RKE2_URL: 'server',
  K3S_NODE_NAME: 'node-name',
  RKE2_NODE_NAME: 'node-name',
}

export function environmentFlags(environment: Readonly<Record<string, string>>): Flags {
  const flags = gathering()
  for (const [name, flag] of Object.entries(environmentNames)) {
    const value = environment[name]
    if (value) flags.set(flag, [value])
  }
  return flags.found
}

/**
 * The top level of k3s's config file. It may hold only scalars and lists of scalars, so no YAML library is needed: a
 * process that reads files as root is safer without one.
 */
export function configFile(text: string): Flags {
  const flags = gathering()
  let key: string | undefined
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ''] = /^["']?([A-Za-z][\w-]*)["']?\+?[ \t]*:(?:[ \t]+(.*))?$/.exec(line) ?? []
    if (name) {
      key = name
      const flow = /^\[([^\]]*)\]/.exec(value)?.[1]
      const one = scalar(value)
      flags.set(key, flow !== undefined ? flow.split(',').map(scalar).filter(Boolean) : one ? [one] : [])
      continue
    }
    const [, item] = /^[ \t]*-[ \t]+(.*)$/.exec(line) ?? []
    if (key && item !== undefined) flags.add(key, scalar(item))
  }
  return flags.found
}

/** A YAML scalar on one line: quoted, or up to a comment. */
function scalar(raw: string): string {
  const value = raw.trim()
  const quoted = /^"([^"]*)"|^'([^']*)'/.exec(value)
  if (quoted) return quoted[1] ?? quoted[2] ?? ''
  if (value.startsWith('#')) return ''
  const comment = value.indexOf(' #')
  return (comment < 0 ? value : value.slice(0, comment)).trimEnd()
}

function unquoted(value: string): string {
  const first = value[0]
  return value.length > 1 && (first === '"' || first === "'") && value.endsWith(first)
    ? value.slice(1, -1)
    : value
}

const secret = /^(.*-)?(token|password|secret|secret-key|access-key|datastore-endpoint|vpn-auth)$/

/** Later layers win. Secrets are left out, so that they reach no sample, store or screen. */
export function mergeFlags(...layers: readonly Flags[]): Flags {
  const all: Record<string, readonly string[]> = Object.assign(Object.create(null), ...layers)
  for (const name of Object.keys(all)) if (secret.test(name)) delete all[name]
  return all
}
