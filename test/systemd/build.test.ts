import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { bundle, packagesOf } from '../../systemd/build.ts'
import { partsOfUndici } from '../../systemd/packages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Uses every library that goes into the agent, so that each is seen to work without node_modules. */
const entry = `
  import { once } from 'node:events'
  import { createServer } from 'node:http'
  import { Command } from 'commander'
  import { validate } from 'node-cron'
  import pino from 'pino'
  import { Errors } from 'typebox/schema'
  import { parse } from 'yaml'
  const lines = []
  pino({ base: null, redact: ['url'] }, { write: (line) => lines.push(JSON.parse(line)) }).info({ url: 'x' }, 'told')
  const { Registry, Counter } = await import('prom-client')
  const register = new Registry()
  new Counter({ name: 'rounds', help: 'rounds', registers: [register] }).inc()
  const { Agent, Client, EnvHttpProxyAgent } = await import('undici')
  const server = createServer((asked, reply) => asked.pipe(reply)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dispatcher = new Agent({ allowH2: false, factory: (origin, own) => new Client(origin, own) })
  const origin = \`http://127.0.0.1:\${server.address().port}\`
  const { body } = await dispatcher.request({ origin, path: '/', method: 'POST', body: 'posted' })
  const post = await body.text()
  await dispatcher.close()
  server.close()
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection')
  const mail = await new MailComposer({ subject: 'told', text: 'x' }).compile().build()
  function aNameOfOurs() {}
  console.log(JSON.stringify({
    argv: new Command().argument('<x>').parse(['a', 'b', 'c']).args,
    cron: validate('0 * * * * *'),
    log: lines[0].url,
    metrics: await register.metrics(),
    wrong: Errors({ type: 'string' }, 1)[0],
    yaml: parse('a: 1'),
    post: [post, typeof new EnvHttpProxyAgent({ allowH2: false }).request],
    mail: [/^Subject: (.*)\\r$/m.exec(mail.toString())?.[1], typeof new SMTPConnection({}).login],
    name: aNameOfOurs.name,
    file: import.meta.filename,
  }))
`

t.test('the bundle runs on its own', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-build-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  // Inside the checkout, so that the packages are found; run outside of it, so that they are not.
  const source = join(root, 'dist', `build-test-${process.pid}.ts`)
  const outdir = join(folder, 'agent')
  mkdirSync(join(root, 'dist'), { recursive: true })
  writeFileSync(source, entry)
  t.teardown(() => rmSync(source))
  await bundle({ root, entry: source, outdir })

  const { status, stdout, stderr } = spawnSync(process.execPath, [join(outdir, 'main.js')], {
    encoding: 'utf8',
    cwd: folder,
  })
  t.equal(status, 0, stderr.slice(-500))
  const { metrics, file, ...rest } = JSON.parse(stdout) as Record<string, unknown>
  t.strictSame(rest, {
    argv: ['c'],
    cron: true,
    log: '[Redacted]',
    wrong: false,
    yaml: { a: 1 },
    post: ['posted', 'function'],
    mail: ['told', 'function'],
    name: 'aNameOfOurs',
  })
  t.match(metrics, /^rounds 1$/m)
  t.equal(file, join(outdir, 'main.js'))

  const main = readFileSync(join(outdir, 'main.js'), 'utf8')
  t.notOk(
    /node_modules\/(systeminformation|undici)\//.test(main),
    'what is imported later lies in a chunk of its own',
  )
  const chunks = readdirSync(outdir).filter((it) => it.endsWith('.js'))
  t.ok(chunks.length > 2)
  t.notMatch(main, /^import|[;}]import[{*"' ]/m, 'what is needed at once lies in it')
  for (const it of chunks)
    t.notMatch(
      readFileSync(join(outdir, it), 'utf8'),
      /\bfrom ?"(node:|fs|net|http)/,
      `${it}: an import of Node.js's own module reads all of it`,
    )
  const manifest = JSON.parse(readFileSync(join(outdir, 'package.json'), 'utf8'))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.match(manifest, { name: 'murphy', version, type: 'module' })
  const licenses = readFileSync(join(outdir, 'LICENSES'), 'utf8')
  for (const name of ['undici', 'pino', 'yaml', 'commander', 'typebox', 'sonic-boom', 'nodemailer'])
    t.match(licenses, new RegExp(`^${name} \\d`, 'm'), `the license of ${name} goes with it`)
})

t.test('of undici nothing is asked for that is left out', async (t) => {
  const sources = globSync('{agent,collectors}/**/*.ts', { cwd: root })
  const names = sources.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/^import \{([^}]+)\} from 'undici'$/gm)].flatMap(
      ([, it = '']) => it.split(',').map((one) => one.trim()),
    ),
  )
  const values = names.filter((it) => it !== '' && !it.startsWith('type '))
  t.ok(values.length > 3)
  t.same(new Set(values), new Set(Object.keys(partsOfUndici)))
})

t.test('packages are told from paths', async (t) => {
  t.strictSame(
    packagesOf([
      'agent/main.ts',
      'node_modules/pino/lib/a.js',
      'node_modules/pino/pino.js',
      'node_modules/@scope/it/x.js',
      'node_modules/pino/node_modules/deep/x.js',
    ]),
    ['node_modules/@scope/it', 'node_modules/pino', 'node_modules/pino/node_modules/deep'],
  )
})
