import { removed } from './cut.ts'

/**
 * What Murphy needs of a file, by its path. Nothing else of these files is kept, so that secrets in them do not have to
 * be recognized.
 */

/** Files that are secret as a whole. */
const whole =
  /\.key$|\/(node-)?token$|\/password$|\/g?shadow-?$|\/(node-)?passwd-?$|\.psk$|\.(p12|pfx|jks|keystore|kdbx|gpg)$|\/\.ssh\/|\/ssh_host_\w+$|\/id_[a-z0-9]+$|\/\.(pgpass|netrc|my\.cnf|git-credentials|vault-token|npmrc|pypirc)$|\/\.(docker|aws|gnupg|azure)\/|\/server\/cred\/|\/encryption-config\.json$|kubernetes\.io~(secret|projected)\/|\/run\/secrets\/|^\/etc\/(wireguard|ssl\/private)\//

/** A container's specification has its whole environment and command line; its state has its last message. */
const specification = /\/io\.containerd\.[^/]+\/(?:.*\/)?config\.json$/
const state = /\/io\.containerd\.[^/]+\/(?:.*\/)?status$/

/** k3s's own certificate as a Secret in a file, and its key. */
const secret = /\/dynamic-cert\.json$/
const kubeconfig = /\/\.kube\/|kubeconfig$|\/(k3s|rke2)\.yaml$/
const certificate = /\.(crt|pem|cer|cert)$/
const environment = /\.env$|^\/etc\/(default|sysconfig)\/|^\/etc\/environment$/
const unit = /\/systemd\/.*\.(service|socket|conf)$/
const settings = /^\/etc\/(rancher\/|ssh\/)|\/config\.yaml(\.d\/.*)?$/
/** ufw writes the comments of its rules in hex. */
const ufw = /^\/etc\/ufw\/.*\.rules$/
/** Files in home folders may be links to anything. */
const home = /^\/(home|root)\//

/** Also a certificate that was cut off, because that is a finding. */
const pem =
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[A-Za-z0-9+/=\s]{0,100000}(?:-----END (?:TRUSTED )?CERTIFICATE-----)?/g

/** Only the certificates of a text, which are public. */
const certificatesOf = (text: string) => {
  const found = text.match(pem)
  return found ? `${found.join('\n')}\n` : `${removed}\n`
}

/** Variables Murphy reads (collectors/node/flags.ts, collectors/certs/homes.ts, collectors/firewall/dump/ufw.ts). */
const variables =
  /^(?:(?:K3S|RKE2)_(?:DATA_DIR|CONFIG_FILE|KUBECONFIG_OUTPUT|URL|NODE_NAME)|KUBECONFIG|FLANNEL_\w+|ENABLED|LOGLEVEL|IPV6|DEFAULT_\w+_POLICY|MANAGE_BUILTINS|IPT_\w+)$/

/** Keeps `NAME=value` lines of known variables; of all other lines only that they exist. */
const variablesOf = (text: string) =>
  text.replace(/^[^\n]*$/gm, (line) => {
    const [, before = '', name = ''] = /^([ \t]*(?:export[ \t]+)?)([A-Za-z_]\w*)=/.exec(line) ?? []
    if (variables.test(name) || !line.trim()) return line
    return name ? `${before}${name}=${removed}` : '#'
  })

const assigned = /(?<![\w$-])([A-Z_][A-Z0-9_]*)=("[^"\n]*"|'[^'\n]*'|(?:\\.|[^\s"'\\])*)/g

const withoutComments = (text: string) => text.replace(/^([ \t]*)[#;][^\n]*$/gm, '$1#')

/** A unit without comments, values of unknown variables, and commands other than ExecStart. */
const unitOf = (text: string) =>
  withoutComments(text)
    .replace(/^([ \t]*Environment[ \t]*=)((?:\\\n|[^\n])*)/gm, (_, key: string, values: string) => {
      const words = values.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
      const kept = words
        .filter((it) => it !== '\\')
        .map((word) => {
          const [, quote = '', name = ''] = /^(["']?)(\w+)["']?=/.exec(word) ?? []
          return variables.test(name) ? word : `${quote}${name || 'X'}=${removed}${quote}`
        })
      return `${key}${kept.join(' ')}`
    })
    .replace(
      /^([ \t]*(?:Exec(?!Start[ \t]*=)\w+|SetCredential\w*|LoadCredential\w*|PassEnvironment)[ \t]*=)(?:\\\n|[^\n])*/gm,
      `$1${removed}`,
    )
    .replace(/^[ \t]*ExecStart[ \t]*=(?:\\\n|[^\n])*/gm, (line) =>
      line.replace(assigned, (word, name: string) => (variables.test(name) ? word : `${name}=${removed}`)),
    )

/** The keys of a kubeconfig that are kept, in YAML or JSON: servers, user names, certificates, and paths. */
const kubeconfigKeys =
  /^(apiVersion|kind|preferences|clusters|cluster|contexts|context|current-context|users|user|name|server|namespace|certificate-authority|certificate-authority-data|client-certificate|client-certificate-data|client-key|tls-server-name|insecure-skip-tls-verify)$/

function kubeconfigOf(text: string): string {
  if (/^\s*\{/.test(text)) {
    try {
      return `${JSON.stringify(
        JSON.parse(text, function (this: unknown, key, value: unknown) {
          if (Array.isArray(this)) return Object(value) === value ? value : undefined
          return key === '' || kubeconfigKeys.test(key) ? value : undefined
        }),
      )}\n`
    } catch {
      return certificatesOf(text)
    }
  }
  const kept = text.replace(pem, '').replace(/^[^\n]*$/gm, (line) => {
    const [, key = '', value = ''] =
      /^[ \t]*(?:-[ \t]+)?["']?([\w-]+)["']?[ \t]*:(?:[ \t]+([^\n]*))?$/.exec(line) ?? []
    // Only values of one word: Murphy reads no value with spaces, in {} or on several lines.
    const one = /^["']?[^\s"'{[|>&*!]*["']?(?:\{\})?[ \t\r]*$/.test(value)
    return !line.trim() || (kubeconfigKeys.test(key) && one) ? line : '#'
  })
  const certificates = text.match(pem)
  return certificates ? `${kept.trim()}\n${certificates.join('\n')}\n` : kept
}

/** A JSON text reduced by `kept` to what it returns; all of it is removed if it is not JSON. */
function keysOf(text: string, kept: (value: Readonly<Record<string, unknown>>) => unknown): string {
  try {
    return `${JSON.stringify(kept(Object(JSON.parse(text)) as Readonly<Record<string, unknown>>))}\n`
  } catch {
    return `${removed}\n`
  }
}

/** The annotations that collectors/node/pods.ts reads. */
const annotation =
  /^io\.kubernetes\.cri\.(sandbox-(log-directory|namespace|name|uid|id)|container-(name|type))$/

const ownerOf = (text: string) =>
  keysOf(text, ({ annotations, linux }) => {
    const { cgroupsPath } = Object(linux) as { cgroupsPath?: unknown }
    return {
      annotations: Object.fromEntries(
        Object.entries(Object(annotations)).filter(([key]) => annotation.test(key)),
      ),
      ...(typeof cgroupsPath === 'string' && { linux: { cgroupsPath } }),
    }
  })

const stateOf = (text: string) =>
  keysOf(text, ({ Version, CreatedAt, StartedAt, FinishedAt, ExitCode, Pid, Reason }) => ({
    ...{ Version, CreatedAt, StartedAt, FinishedAt, ExitCode, Pid },
    ...(typeof Reason === 'string' && /^[A-Za-z]{1,40}$/.test(Reason) && { Reason }),
  }))

const secretOf = (text: string) =>
  keysOf(text, ({ kind, apiVersion, data }) => {
    const { 'tls.crt': certificate } = Object(data) as { 'tls.crt'?: unknown }
    const pem = certificatesOf(Buffer.from(String(certificate), 'base64').toString('latin1'))
    return { kind, apiVersion, data: { 'tls.crt': Buffer.from(pem).toString('base64') } }
  })

/**
 * What is kept of a file, by the path by which it was read and by its real path: the first rule that matches either of
 * them applies.
 */
export function ofPlace(asked: string, real: string, text: string): string {
  const either = (form: RegExp) => form.test(asked) || form.test(real)
  if (either(whole)) return certificatesOf(text)
  if (either(specification)) return ownerOf(text)
  if (either(state)) return stateOf(text)
  if (either(secret)) return secretOf(text)
  if (either(kubeconfig) || (asked !== real && (home.test(asked) || home.test(real))))
    return kubeconfigOf(text)
  if (either(certificate)) return certificatesOf(text)
  if (either(environment)) return variablesOf(text)
  if (either(unit)) return unitOf(text)
  if (either(ufw)) return text.replace(/^#(?!##)[^\n]*$/gm, '#').replace(/ comment=[0-9a-f]+/g, '')
  return either(settings) ? withoutComments(text) : text
}

/**
 * What kind of DER the bytes are; undefined for text, which cannot begin like DER. A certificate (RFC 5280, 4.1) is a
 * sequence of a sequence that begins with a version or a number; anything else may be a key.
 */
export function derOf(bytes: Uint8Array): 'certificate' | 'other' | undefined {
  const binary = bytes.subarray(0, 8).some((it) => it < 0x09 || it > 0x7e)
  if (bytes[0] !== 0x30 || !binary) return undefined
  const inner = (at: number) => {
    const length = bytes[at + 1] ?? 0
    return bytes[at] === 0x30 ? at + 2 + (length > 0x80 ? length - 0x80 : 0) : Number.NaN
  }
  const first = bytes[inner(inner(0))]
  return first === 0xa0 || first === 0x02 ? 'certificate' : 'other'
}
