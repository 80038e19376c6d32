import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Answer } from './container.ts'
import { program } from './installing.ts'
import { cpu, type Key, makeKey, publish, signFolder, stampedScript } from './published.ts'

const skip = process.getuid?.() !== 0 && process.env.CI !== 'true' && 'needs root'
t.setTimeout(300_000)
t.jobs = 1

const key = makeKey()
const archive = (version: string) => `murphy-${version}-linux-${cpu}.tar.gz`

/** Runs a shell on a machine whose /opt and /run are empty and its own; says what is left there. */
function run(
  script: string,
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
) {
  const own = 'mount -t tmpfs none /run && mount -t tmpfs none /opt && '
  const after = '; code=$?; find /opt /run -mindepth 1 ! -name murphy-install.lock ! -name mount; exit $code'
  return new Promise<Answer>((resolve) => {
    const argv = ['--mount', 'sh', '-c', own + script + after]
    const child = execFile('unshare', argv, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ exit: Number(error?.code ?? 0), stdout, stderr }),
    )
    child.stdin?.on('error', () => {}).end(input)
  })
}

/** `curl … | sh -s -- OPTIONS`, up to where the machine would be changed. */
const piped = (text: string, options: string, env: Record<string, string>, shell = 'sh') =>
  run(`${shell} -s -- --dry-run ${options}`, { input: text, env })

/** A place with that release, which a test may spoil. */
function place(t: Test, spoil: (folder: string) => void = () => {}, by: Key = key) {
  const folder = t.testdir()
  publish(folder, { version: '1.2.3', key: by, agent: program('1.2.3') })
  spoil(folder)
  return folder
}

/** An archive of more than 64 KiB, signed. */
function makeLarge(folder: string) {
  writeFileSync(join(folder, archive('1.2.3')), 'x'.repeat(200_000))
  signFolder(folder, key)
}

/** Serves on loopback. Gives the port, and what was asked for. */
async function serve(t: Test, answer: RequestListener, tls?: { key: string; cert: string }) {
  const asked: string[] = []
  const heard: RequestListener = (request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  }
  const server = tls ? createTlsServer(tls, heard) : createServer(heard)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

const filesOf =
  (folder: string): RequestListener =>
  ({ url = '/' }, response) => {
    try {
      response.end(readFileSync(join(folder, url)))
    } catch {
      response.writeHead(404).end()
    }
  }

const script = stampedScript({ pinned: '1.2.3', keys: key.spki })
const went = {
  exit: 0,
  stdout: /^would install the program as \/opt\/murphy\n[\s\S]*Nothing was changed\.\n$/m,
}

t.test('one line fetches the release and goes on with its own installer', { skip }, async (t) => {
  const folder = place(t)
  for (const shell of ['sh', 'bash', 'busybox sh'])
    t.match(
      await piped(script, '--webhook https://hooks.example/x', { MURPHY_URL: folder }, shell),
      went,
      shell,
    )
  t.match(await piped(script, '', { MURPHY_URL: `file://${folder}/` }), went, 'file://')
  t.match(
    await run(
      `cp ${folder}/install.sh /root/install.sh && sh /root/install.sh --dry-run; code=$?; rm /root/install.sh; (exit $code)`,
      {
        env: { MURPHY_URL: folder },
      },
    ),
    went,
    'alone, and not piped',
  )
  const { port, asked } = await serve(t, filesOf(folder))
  const url = `http://127.0.0.1:${port}`
  t.match(
    await piped(
      stampedScript({ place: url, pinned: '1.2.3', keys: `${makeKey().spki} ${key.spki}` }),
      '',
      {},
    ),
    went,
  )
  t.strictSame(asked, ['/1.2.3/SHA256SUMS', '/SHA256SUMS', '/SHA256SUMS.sig', `/${archive('1.2.3')}`])
  const withoutCurl = 'mount --bind /dev/null "$(command -v curl)" && sh -s -- --dry-run'
  t.match(await run(withoutCurl, { input: script, env: { MURPHY_URL: url } }), went, 'wget')
  const proxied = { MURPHY_URL: 'http://murphy.invalid', http_proxy: url }
  asked.length = 0
  t.match(await piped(script, '', proxied), { exit: 1 })
  t.equal(asked[0], 'http://murphy.invalid/1.2.3/SHA256SUMS', 'a proxy is asked')
})

t.test('what others can put beside install.sh does not run as root', { skip }, async (t) => {
  const folder = place(t)
  const at = join(folder, 'beside')
  /** Beside install.sh in a folder of its own: a release whose parts are the other account's, and say so when they run. */
  const beside = (mode: string, owned: string, url: string) =>
    run(
      `rm -rf ${at} && mkdir ${at} && cd ${at} && tar -xzf ../${archive('1.2.3')} --strip-components 1 && cat > install.sh &&
       for it in systemd/*.sh; do echo 'echo taken over' >> $it; done && chmod ${mode} . && chown 65534 ${owned} &&
       sh install.sh --dry-run`,
      { input: script, env: { MURPHY_URL: url } },
    )
  for (const [name, mode, owned] of [
    ['in a folder like /tmp', '1777', '-R systemd dist'],
    ["with a folder of another's", '755', 'systemd'],
    ["with a part of another's", '755', 'systemd/undo.sh'],
    ["with a program of another's", '755', '-R dist'],
    ["in a folder of another's", '755', '.'],
  ] as const) {
    const fetched = await beside(mode, owned, folder)
    t.match(fetched, went, `${name} it is fetched: ${fetched.stderr}`)
    t.notMatch(fetched.stdout, 'taken over', name)
    const refused = await beside(mode, owned, '')
    t.match(
      refused,
      { exit: 1, stderr: /^install.sh: others can write to \/.*\/beside, or own a part of it/ },
      name,
    )
    t.notMatch(refused.stdout, 'taken over', name)
  }
  const own = await beside('755', '-R .', '')
  t.match(
    own,
    { ...went, stdout: /^taken over\n[\s\S]*Nothing was changed/ },
    `of one account: ${own.stderr}`,
  )
})

t.test('a place with several versions, by https', { skip }, async (t) => {
  const folder = t.testdir()
  for (const version of ['1.2.3', '1.10.0']) {
    mkdirSync(join(folder, version))
    publish(join(folder, version), { version, key, agent: program(version) })
  }
  for (const it of ['stable', 'SHA256SUMS', 'SHA256SUMS.sig'])
    cpSync(join(folder, '1.10.0', it), join(folder, it))
  const tls = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost']
  const files = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')]
  execFileSync('openssl', ['req', '-x509', ...tls, '-addext', 'subjectAltName=DNS:localhost', ...files], {
    stdio: 'pipe',
  })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const { port } = await serve(t, filesOf(folder), { key: read('tls.key'), cert: read('tls.crt') })
  const env = { MURPHY_URL: `https://localhost:${port}`, CURL_CA_BUNDLE: join(folder, 'tls.crt') }
  const fetched = (version: string) => ({
    ...went,
    stdout: new RegExp(`fetching .*/${version}/murphy-${version}-linux`),
  })
  t.match(await piped(script, '', env), fetched('1.2.3'), 'the one it was shipped with')
  t.match(await piped(script, '--channel stable', env), fetched('1.10.0'))
  t.match(await piped(script, '--version v1.10.0', env), fetched('1.10.0'))
  t.match(await piped(script, '--version 9', env), { exit: 1, stderr: /SHA256SUMS lists no murphy-9-linux/ })
  const installed =
    'mkdir -p /opt/murphy/agent && printf \'{\\n  "version": "1.11.0",\\n}\\n\' > /opt/murphy/agent/package.json'
  t.match(
    await run(
      `${installed} && sh -s -- --dry-run --channel stable; code=$?; rm -r /opt/murphy; (exit $code)`,
      { input: script, env },
    ),
    {
      exit: 1,
      stderr: /stable is 1.10.0 at .*, older than what is installed, 1.11.0/,
    },
  )
})

t.test('what is not what was signed is refused, and nothing is left of it', { skip }, async (t) => {
  const other = makeKey()
  const cases: readonly (readonly [string, (folder: string) => void, RegExp])[] = [
    [
      'a wrong sum',
      (it) => writeFileSync(join(it, archive('1.2.3')), 'x'),
      /is damaged, or only a part of it/,
    ],
    [
      'a truncated archive',
      (it) => truncateSync(join(it, archive('1.2.3')), 900),
      /is damaged, or only a part of it/,
    ],
    ['the signature of another', (it) => signFolder(it, other), /SHA256SUMS is not signed by Murphy's key/],
    [
      'a signature that is none',
      (it) => writeFileSync(join(it, 'SHA256SUMS.sig'), 'x'),
      /is not signed by Murphy's key/,
    ],
    [
      'sums that were changed',
      (it) => writeFileSync(join(it, 'SHA256SUMS'), 'x\n', { flag: 'a' }),
      /is not signed by/,
    ],
    [
      'sums without end',
      (it) => writeFileSync(join(it, 'SHA256SUMS'), 'x'.repeat(200_000)),
      /could not be fetched/,
    ],
    [
      'no signature',
      (it) => execFileSync('rm', [join(it, 'SHA256SUMS.sig')]),
      /SHA256SUMS.sig could not be fetched/,
    ],
    [
      'nothing',
      (it) => execFileSync('sh', ['-c', `rm ${it}/*`]),
      /SHA256SUMS could not be fetched; nothing was changed/,
    ],
  ]
  for (const [name, spoil, sentence] of cases) {
    const it = await piped(script, '', { MURPHY_URL: place(t, spoil) })
    t.match(it, { exit: 1, stderr: sentence }, name)
    t.notMatch(it.stdout, /would|\/opt\//, `${name}: nothing is left`)
  }
  const full = 'mount -t tmpfs -o size=64k none /opt && sh -s -- --dry-run'
  t.match(
    await run(full, { input: script, env: { MURPHY_URL: place(t, (it) => makeLarge(it)) } }),
    {
      exit: 1,
      stdout: /^(?!.*\/opt\/)/,
      stderr: /No space left on device\n.*could not be fetched; nothing was changed/,
    },
    'a full disk',
  )
  const folder = place(t)
  const web = await serve(t, (_, response) => response.end('<!DOCTYPE html><title>Not found</title>'))
  const half = await serve(t, (request, response) => {
    if (!request.url?.endsWith('.gz')) return filesOf(folder)(request, response)
    const bytes = readFileSync(join(folder, request.url))
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, 700), () => response.destroy())
  })
  const at = ({ port }: { port: number }) => ({ MURPHY_URL: `http://127.0.0.1:${port}` })
  for (const [name, env, options, text, sentence] of [
    ['a web page', at(web), '', script, /answers with a web page, not with a release/],
    ['a connection that ends', at(half), '', script, /tar.gz could not be fetched; nothing was changed/],
    ['a port where nobody is', { MURPHY_URL: 'http://127.0.0.1:9' }, '', script, /could not be fetched/],
    ['a channel by http', at(half), '--channel stable', script, /by http:\/\/ an old one could pass for it/],
    [
      'a password',
      { MURPHY_URL: 'https://ann:s3cret@example.org' },
      '',
      script,
      /an address without a password/,
    ],
    ['a folder that is not there', { MURPHY_URL: '/nowhere' }, '', script, /there is no folder \/nowhere/],
    ['no key', { MURPHY_URL: folder }, '', stampedScript({}), /it has no key to check one with/],
    ['no place', { MURPHY_URL: '' }, '', script, /set MURPHY_URL to a folder or an https:\/\/ address/],
  ] as const) {
    const it = await piped(text, options, env)
    t.match(it, { exit: 1, stderr: sentence }, name)
    t.notMatch(it.stdout + it.stderr, /s3cret|would/, name)
  }
})

t.test('half of install.sh does nothing', { skip }, async (t) => {
  const file = join(t.testdir({ 'install.sh': script }), 'install.sh')
  const size = script.length
  const cuts = `$(seq 1 211 ${size - 80}) $(seq ${size - 80} ${size - 3})`
  for (const shell of ['sh', 'bash', 'busybox sh']) {
    const it = await run(`for n in ${cuts}; do head -c $n ${file} | ${shell} -s -- 2>/dev/null; done`, {
      env: { MURPHY_URL: place(t) },
    })
    t.equal(it.stdout, '', shell)
  }
})

t.test('an address is asked for where the script comes by standard input', { skip }, async (t) => {
  const folder = place(t)
  t.match(
    await run(`setsid -w sh -s -- --dry-run --webhook -`, { input: script, env: { MURPHY_URL: folder } }),
    {
      exit: 2,
      stderr:
        /standard input is this script, and there is no terminal to ask. Write the URL to a file: --webhook-file FILE/,
    },
  )
  const asking = `script -qec 'cat ${folder}/install.sh | sh -s -- --dry-run --ntfy - --webhook -' /dev/null`
  const it = await run(asking, {
    input: 'https://ntfy.sh/s3cret\nhttps://hooks.example/s3cret\n',
    env: { MURPHY_URL: folder },
  })
  t.match(it, {
    exit: 0,
    stdout: /--ntfy: paste the URL, it is not shown: [\s\S]*--webhook: paste[\s\S]*would install/,
  })
  const file = join(folder, 'url')
  writeFileSync(file, 'https://hooks.example/s3cret')
  t.match(await piped(script, `--webhook-file ${file}`, { MURPHY_URL: folder }), went)
  t.match(await piped(script, '', { MURPHY_URL: folder, MURPHY_WEBHOOK: 'ftp://x' }), {
    exit: 2,
    stderr: /must begin with https/,
  })
  t.match(await piped(script, `--webhook-file ${file}.none`, { MURPHY_URL: folder }), {
    exit: 2,
    stderr: /no line to read in/,
  })
})

t.test('without systemd or glibc it stops with what works', { skip }, async (t) => {
  const folder = t.testdir({ bin: {}, dev: { null: '' }, release: {}, run: {} })
  publish(join(folder, 'release'), { version: '1.2.3', key, agent: program('1.2.3') })
  execFileSync('tar', ['-xzf', join(folder, 'release', archive('1.2.3')), '-C', folder])
  execFileSync('sh', [
    '-c',
    `cp "$(command -v busybox)" ${folder}/bin && chroot ${folder} /bin/busybox --install /bin`,
  ])
  /** On a system that consists of busybox alone. */
  const alpine = (script: string) =>
    run(`chroot ${folder} /bin/sh -c '${script}'`, { env: { PATH: '/bin:/usr/bin:/sbin:/usr/sbin' } })
  const works = 'Murphy runs on Debian 11, .* and newer ones\\.'
  for (const script of [
    `MURPHY_URL=/release sh /release/install.sh`,
    `sh /murphy-1.2.3-linux-${cpu}/install.sh`,
  ])
    t.match(await alpine(script), {
      exit: 1,
      stderr: new RegExp(`systemd is missing. ${works} Without it, run`),
    })
  await alpine(
    'for it in systemctl systemd-notify flock; do printf "#!/bin/sh\\n" > /bin/$it && chmod +x /bin/$it; done',
  )
  const musl = await alpine(`sh /murphy-1.2.3-linux-${cpu}/install.sh --dry-run`)
  t.match(musl, { exit: 1, stderr: new RegExp(`glibc is missing, which Murphy's Node.js needs. ${works}`) })
})
