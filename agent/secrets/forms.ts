import { removed } from './named.ts'

/**
 * Secrets that are known by what they look like, wherever they stand. Every repetition is bounded or begins at one
 * place only, so that a hostile text costs its length. The n of an escaped line break is no part of a word.
 */
const forms: readonly (readonly [RegExp, string])[] = [
  // PEM and OpenPGP private keys of every kind, also when the end was cut off.
  [
    /-----BEGIN ([A-Z0-9 ]{0,40})PRIVATE KEY( BLOCK)?-----[\s\S]*?(-----END [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----|$)/g,
    `-----BEGIN $1PRIVATE KEY$2-----\n${removed}\n-----END $1PRIVATE KEY$2-----`,
  ],
  // The same once more in base64, as a Secret and a kubeconfig hold them: `-----BEGIN ` and PRIV, RSA P, EC P, OPENSSH, ENCRYPTED.
  [/LS0tLS1CRUdJTi(?:BQUklW|BSU0EgU|BFQyBQ|BPUEVOU|BFTkNSW)[A-Za-z0-9+/=]*/g, removed],
  // Parameters of a URL that stand for a right.
  [
    /([?&](?:[\w-]{0,40}(?:token|key|secret|signature|credential|password)|sig|code|auth|jwt)=)[^\s\0"'&<>\\]+/gi,
    `$1${removed}`,
  ],
  // HTTP's own ways to say who one is (RFC 9110, 6265).
  [
    /((?:authorization|x-[a-z-]{0,30}(?:auth|token|key))["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)[^\0"'\\\r\n]+/gi,
    `$1${removed}`,
  ],
  [/(cookie["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)[^\0"'\\\r\n]+/gi, `$1${removed}`],
  [/\b((?:Bearer|Basic|Digest|Negotiate)[ \t]{1,8})[A-Za-z0-9+/=._~:-]{6,}/gi, `$1${removed}`],
  // JSON Web Tokens (RFC 7519): two or three parts in base64url, of which the first begins with {" .
  [/(?<!(?<!\\)[\w-])eyJ[\w-]{5,}\.[\w-]{4,}(?:\.[\w-]*)?/g, removed],
  // Tokens that say themselves what they are, by their makers' documentation.
  [/(?<!(?<!\\)[A-Za-z0-9])(?:gh[oprsu]|github_pat|glpat|gl[a-z]{2,5}t|glsa)[-_][\w-]{10,}/g, removed],
  [/(?<!(?<!\\)[A-Za-z0-9])(?:xox[a-z]|xapp)-[\w-]{8,}/g, removed],
  [/(?<!(?<!\\)[A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g, removed],
  [/(?<!(?<!\\)[A-Za-z0-9])(?:AIza|ya29\.)[\w-]{20,}/g, removed],
  [/(?<!(?<!\\)[A-Za-z0-9])(?:sk|rk|pk|whsec)[-_](?:[a-z]{2,8}[-_])?[\w-]{16,}/g, removed],
  [
    /(?<!(?<!\\)[A-Za-z0-9])(?:npm|hf|dop_v1|doo_v1|pypi|dckr_pat|tk|tskey|hvs|hvb|shpat|sq0[a-z]{3}|SG\.)[-_]?[\w.-]{20,}/g,
    removed,
  ],
  [/AGE-SECRET-KEY-1[A-Z0-9]{20,}/g, removed],
  // k3s's and kubeadm's own: `K10<hash>::server:<password>`, `abcdef.0123456789abcdef`.
  [/(?<!(?<!\\)[A-Za-z0-9])K10[0-9a-f]{6,64}::[^\s\0"',\\]+/g, removed],
  [/(?<!(?<!\\)[\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])/g, removed],
  // Webhooks, whose path is the secret: Discord, Slack, Microsoft; and Telegram's bots.
  [/(\/webhooks?\/[\w@-]{4,200}\/)[\w-]{16,}/gi, `$1${removed}`],
  [/(hooks\.slack\.com\/|\/webhookb2\/)[^\s\0"'<>\\]+/gi, `$1${removed}`],
  [/((?:^|[^A-Za-z0-9])(?:bot)?)\d{6,12}:[\w-]{30,}/g, `$1${removed}`],
  // Passwords as crypt(5) and argon2 keep them.
  [/\$(?:y|gy|7|2[abxy]|6|5|1|apr1|argon2[a-z]{0,2}|scrypt|pbkdf2[a-z0-9-]{0,10})\$[^\s\0:"'\\]+/g, removed],
  // `curl -u user:password`.
  [
    /((?:^|[\s\0"'])(?:-u|--user|--proxy-user)["']?(?:[=\s\0]|",\s?")["']?[^\s\0:"']{1,64}:)[^\s\0"']+/g,
    `$1${removed}`,
  ],
]

/** A URL as far as nothing ends it: each run of characters is looked at once. */
const url = /([a-z][a-z0-9+.-]{0,30}:\/\/)((?:[^\s"'<>\0\\]|\\(?!["'nrt]))+)/gi

/** Without who is in it: a password, or a token alone. What people put there holds slashes and @ too, so it ends with the last one. */
const withoutUser = (text: string): string =>
  text.replace(url, (all: string, scheme: string, rest: string) => {
    const at = rest.lastIndexOf('@')
    return at < 0 ? all : `${scheme}${removed}${rest.slice(at)}`
  })

/** `text` without what looks like a secret. */
export const withoutForms = (text: string): string =>
  forms.reduce((at, [pattern, by]) => at.replace(pattern, by), withoutUser(text))

/** What people and programs write in sentences. Each takes out more than a secret now and then: nobody needs these words of a log. */
const sentences: readonly (readonly [RegExp, string])[] = [
  [
    /\b((?:pass(?:word|wd|phrase|code)?|pwd?|pin|otp|secret|token|api[ _-]?key|credentials?|code)\b["']?(?:[ \t]{1,4}(?:is|was|code|set|to|by|for|now)\b){0,3}[ \t]{0,4}[:=]?[ \t]{0,4}["'(]?)[^\s"',;)\\]+/gi,
    `$1${removed}`,
  ],
  [/\b(identified[ \t]{1,4}by[ \t]{1,4}["']?)[^\s"';\\]+/gi, `$1${removed}`],
]

/** Long words of capitals, small letters and digits: more likely a key than a name. */
const mixed =
  /(?<![\w+/=-])(?=[\w+/=-]{0,200}[a-z])(?=[\w+/=-]{0,200}[A-Z])(?=[\w+/=-]{0,200}\d)[\w+/=-]{20,}/g

/** The text of a log without what looks like a secret in it; in doubt without. */
export const withoutSaid = (text: string): string =>
  [...sentences, [mixed, removed] as const].reduce(
    (at, [pattern, by]) => at.replace(pattern, by),
    withoutForms(text),
  )
