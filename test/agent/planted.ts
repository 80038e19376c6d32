/**
 * Secrets as people and programs write them, each with the part that must not be found anywhere. All are made up.
 */
const b64 = (text: string) => Buffer.from(text).toString('base64')
const b64url = (text: string) => Buffer.from(text).toString('base64url')

const jwt = [
  b64url('{"alg":"RS256","typ":"JWT"}'),
  b64url('{"sub":"planted-jwt"}'),
  'pl4ntedSignature_0',
].join('.')
const hex64 = 'c0ffee'.repeat(11).slice(0, 64)

/** The text, and what of it is secret. */
export const planted: readonly (readonly [text: string, secret: string])[] = [
  [`got ${jwt} from the API`, jwt.slice(10)],
  ['POST https://discord.com/api/webhooks/112233445566778899/pl4nted-D1scordT0kenPl4nted', 'pl4nted-D1scord'],
  ['https://hooks.slack.com/services/T0PLANT/B0PLANT/pl4ntedSlackToken', 'pl4ntedSlackToken'],
  ['https://api.telegram.org/bot123456789:AAPl4nted-Telegram_Token0123456789a/getMe', 'AAPl4nted-Telegram'],
  [`Authorization: Basic ${b64('bob:pl4nted-basic')}`, b64('bob:pl4nted-basic')],
  ['Authorization: Bearer pl4nted.bearer-token', 'pl4nted.bearer'],
  ['X-Auth-Token: pl4nted-header', 'pl4nted-header'],
  ['Cookie: session=pl4nted-cookie; theme=dark', 'pl4nted-cookie'],
  ['git clone https://ghp_pl4ntedGithubToken0123456789abcdef@github.com/x/y', 'pl4ntedGithubToken'],
  ['glpat-pl4ntedGitlabToken0', 'pl4ntedGitlabToken'],
  ['AKIAPL4NTEDKEY012345', 'AKIAPL4NTEDKEY'],
  ['aws_secret_access_key = pl4nted/AwsSecretKey+0123456789', 'pl4nted/AwsSecret'],
  ['xoxb-123456-pl4ntedSlackBot', 'pl4ntedSlackBot'],
  ['sk-proj-pl4ntedOpenAi0123456789', 'pl4ntedOpenAi'],
  ['tk_pl4ntedntfytoken01234567890ab', 'pl4ntedntfy'],
  ['syt_bXVycGh5_pl4ntedMatrixToken0_1a2B3c', 'pl4ntedMatrix'],
  ['mct_pl4ntedMatrixService0123456789a_x0', 'pl4ntedMatrixService'],
  ['POST /notify/pl4ntedAppriseKey0123456789abcdef HTTP/1.1', 'pl4ntedApprise'],
  ['AUTH PLAIN AHBsNG50ZWQAcGw0bnRlZC1tYWls', 'AHBsNG50ZWQ'],
  ['postgres://app:pl4nted/p@ss,word@10.0.0.9:5432/db?sslmode=disable', 'pl4nted/p@ss,word'],
  ['mysql://root:pl4nted-mysql@tcp(10.0.0.9:3306)/kine', 'pl4nted-mysql'],
  ['https://s3.example/x?X-Amz-Signature=pl4ntedAmz&sig=pl4ntedSig', 'pl4ntedSig'],
  ['pw=pl4nted-pw', 'pl4nted-pw'],
  ['PIN: 47110815', '47110815'],
  ['password: "pl4nted password"', 'pl4nted password'],
  ['--token pl4nted-flag', 'pl4nted-flag'],
  [`K10${hex64}::server:pl4nted-k3s`, 'pl4nted-k3s'],
  ['pl4nt3.d0123456789abcde', 'pl4nt3.d0123456789abcde'],
  ['root:$6$pl4nted$pl4ntedHashOfShadow.:19000:0:99999:7:::', 'pl4ntedHash'],
  ['PrivateKey = pl4ntedWireguardKey0123456789abcdefghijklm=', 'pl4ntedWireguard'],
  [
    '-----BEGIN OPENSSH PRIVATE KEY-----\npl4ntedPrivateKey\n-----END OPENSSH PRIVATE KEY-----',
    'pl4ntedPrivateKey',
  ],
  [
    b64('-----BEGIN RSA PRIVATE KEY-----\npl4nted-in-base64\n'),
    b64('-----BEGIN RSA PRIVATE KEY-----\npl4nted-in-base64\n').slice(30),
  ],
  ['curl -u bob:pl4nted-curl https://x', 'pl4nted-curl'],
  ['AGE-SECRET-KEY-1PL4NTEDAGEKEY0123456789ABCDEF', 'PL4NTEDAGEKEY'],
]

/** A secret that looks like nothing at all: only where it stands gives it away. */
export const plain = 'correcthorse'
