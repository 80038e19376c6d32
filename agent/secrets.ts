/**
 * What must never leave the node, taken out of what was read there. Only the parts that are secret are
 * replaced, so that a recording still reads as the file did.
 */

const removed = '<removed>'

/** Names of keys, in YAML and JSON, whose values are secret wherever they stand. */
const keys = [
  'client-key-data',
  'token',
  'agent-token',
  'password',
  'passwd',
  'secret',
  'id-token',
  'refresh-token',
  'tls\\.key',
  'datastore-endpoint',
  'etcd-s3-access-key',
  'etcd-s3-secret-key',
  'vpn-auth',
]

const patterns: readonly (readonly [RegExp, string])[] = [
  // PEM private keys of every kind, also when the end was cut off.
  [
    /-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----[\s\S]*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
    `-----BEGIN $1PRIVATE KEY-----\n${removed}\n-----END $1PRIVATE KEY-----`,
  ],
  // key: value, "key": "value", key=value, in YAML, JSON and environment files.
  [
    new RegExp(
      `(["']?\\b(?:${keys.join('|')})["']?[ \\t]*[:=][ \\t]*)(?:"[^"\\n]*"|'[^'\\n]*'|[^\\s,}]+)`,
      'gi',
    ),
    `$1"${removed}"`,
  ],
  // K3S_TOKEN=…, and whatever else an environment file calls a token, password or key.
  [
    /^([ \t]*(?:export[ \t]+)?[A-Z0-9_]*(?:TOKEN|PASSWORD|SECRET|_KEY|ENDPOINT)[ \t]*=[ \t]*).+$/gm,
    `$1${removed}`,
  ],
  // --token x, --token=x, also quoted and over two lines as in a unit, or separated by NUL as in /proc.
  [
    /(--?(?:agent-)?(?:token|password|datastore-endpoint|vpn-auth)['"]?(?:=|[\s\0\\]+)['"]?)[^\s\0"']+/g,
    `$1${removed}`,
  ],
  // A user and password inside a URL.
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@:"']+:[^\s/@"']+@/gi, `$1${removed}@`],
]

/** Files that are nothing but a secret. */
const whole = /\.key$|\/(node-)?token$|\/password$|\/passwd$|\/node-passwd$|\.psk$|\/shadow$/

/** The bytes of `path` with every secret replaced. */
export function withoutSecrets(path: string, bytes: Uint8Array): Uint8Array {
  if (whole.test(path)) return Buffer.from(`${removed}\n`)
  const text = Buffer.from(bytes).toString('latin1')
  const clean = patterns.reduce((at, [pattern, by]) => at.replace(pattern, by), text)
  return clean === text ? bytes : Buffer.from(clean, 'latin1')
}
