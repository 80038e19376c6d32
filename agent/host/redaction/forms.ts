import { matching, type Rule } from './cut.ts'

/**
 * Secrets that are recognized by their form, anywhere in a text. Every repetition is bounded or begins at one place
 * only, so that a hostile text takes time linear in its length. The n of an escaped line break (`\n`) does not belong
 * to a word.
 */
const patterns: readonly RegExp[] = [
  // PEM and OpenPGP private keys of every kind, also when the end was cut off.
  /(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----\n?)[\s\S]*?(?=\n?-----END [A-Z0-9 ]{0,40}PRIVATE KEY|$)/g,
  // The same in base64, as Secrets and kubeconfigs have it: `-----BEGIN ` and PRIV, RSA P, EC P, OPENSSH, ENCRYPTED.
  /LS0tLS1CRUdJTi(?:BQUklW|BSU0EgU|BFQyBQ|BPUEVOU|BFTkNSW)[A-Za-z0-9+/=]*/g,
  // Parameters of a URL that give access.
  /([?&](?:[\w-]{0,40}(?:token|key|secret|signature|credential|password)|sig|code|auth|jwt)=)[^\s\0"'&<>\\]+/gi,
  // HTTP authentication headers and cookies (RFC 9110, 6265).
  /((?:authorization|x-[a-z-]{0,30}(?:auth|token|key))["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)[^\0"'\\\r\n]+/gi,
  /(cookie["']?[ \t]{0,4}[:=][ \t]{0,4}["']?)[^\0"'\\\r\n]+/gi,
  /\b((?:Bearer|Basic|Digest|Negotiate)[ \t]{1,8})[A-Za-z0-9+/=._~:-]{6,}/gi,
  // JSON Web Tokens (RFC 7519): two or three parts in base64url, of which the first begins with {" .
  /(?<!(?<!\\)[\w-])eyJ[\w-]{5,}\.[\w-]{4,}(?:\.[\w-]*)?/g,
  // Tokens with a documented prefix. Each pattern includes a `-`, `_` or `.`, which base64 does not have: in a
  // certificate `hf` or `tk` means nothing.
  /(?<!(?<!\\)[A-Za-z0-9])(?:gh[oprsu]|github_pat|glpat|gl[a-z]{2,5}t|glsa)[-_][\w-]{10,}/g,
  /(?<!(?<!\\)[A-Za-z0-9])(?:xox[a-z]|xapp)-[\w-]{8,}/g,
  /(?<!(?<!\\)[A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g,
  /(?<!(?<!\\)[A-Za-z0-9])(?:AIza|ya29\.)[\w-]{20,}/g,
  /(?<!(?<!\\)[A-Za-z0-9])(?:sk|rk|pk|whsec)[-_](?:[a-z]{2,8}[-_])?[\w-]{16,}/g,
  /(?<!(?<!\\)[A-Za-z0-9])(?:npm|hf|dop_v1|doo_v1|pypi|dckr_pat|tk|tskey|hvs|hvb|shpat|sq0[a-z]{3}|SG)[-_.][\w.-]{20,}/g,
  /AGE-SECRET-KEY-1[A-Z0-9]{20,}/g,
  // k3s's and kubeadm's own: `K10<hash>::server:<password>`, `abcdef.0123456789abcdef`.
  /(?<!(?<!\\)[A-Za-z0-9])K10[0-9a-f]{6,64}::[^\s\0"',\\]+/g,
  /(?<!(?<!\\)[\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])/g,
  // Webhooks, whose path is the secret: Discord, Slack, Microsoft; and tokens of Telegram bots.
  /(\/webhooks?\/[\w@-]{4,200}\/)[\w-]{16,}/gi,
  /(hooks\.slack\.com\/|\/webhookb2\/)[^\s\0"'<>\\]+/gi,
  /((?:^|[^A-Za-z0-9])(?:bot)?)\d{6,12}:[\w-]{30,}/g,
  // Access tokens of Matrix (Synapse, matrix-authentication-service); the key of an Apprise API; SMTP's login (RFC 4616).
  /(?<!(?<!\\)[A-Za-z0-9])(?:syt|mct)_[\w-]{20,}/g,
  /(\/notify\/)[\w-]{16,}/g,
  /((?<!(?<!\\)[A-Za-z0-9])AUTH\s(?:PLAIN|LOGIN|XOAUTH2)\s)[A-Za-z0-9+/=]{8,}/gi,
  // Password hashes of crypt(5) and argon2.
  /\$(?:y|gy|7|2[abxy]|6|5|1|apr1|argon2[a-z]{0,2}|scrypt|pbkdf2[a-z0-9-]{0,10})\$[^\s\0:"'\\]+/g,
  // `curl -u user:password`.
  /((?:^|[\s\0"'])(?:-u|--user|--proxy-user)["']?(?:[=\s\0]|",\s?")["']?[^\s\0:"']{1,64}:)[^\s\0"']+/g,
]

/** A URL up to the first character that cannot be in one. */
const url = /([a-z][a-z0-9+.-]{0,30}:\/\/)((?:[^\s"'<>\0\\]|\\(?!["'nrt]))+)/gi

/** The user part of a URL: a password, or only a token. Passwords may hold / and @, so it ends at the last @. */
const user: Rule = (text, cut) => {
  for (const { index, 1: scheme = '', 2: rest = '' } of text.matchAll(url)) {
    const from = index + scheme.length
    cut(from, from + rest.lastIndexOf('@'))
  }
}

/** What looks like a secret. */
export const forms: readonly Rule[] = [user, ...patterns.map(matching)]
