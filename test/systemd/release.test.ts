import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { archive } from '../../systemd/release/archive.ts'
import { howToMake } from '../../systemd/release/keys.ts'
import { unpackRuntime } from '../../systemd/release/runtime.ts'
import { readSums, runtimeSums, sha256 } from '../../systemd/release/sums.ts'
import { optionsFrom } from '../../systemd/release.ts'

t.setTimeout(600_000)
const root = fileURLToPath(new URL('../..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'murphy-release-'))
t.teardown(() => rmSync(home, { recursive: true }))
const sh = (script: string, cwd = home) => execFileSync('sh', ['-euc', script], { cwd, encoding: 'utf8' })
sh(`mkdir checkout && cd checkout && ${howToMake}`)
sh('openssl pkey -in murphy.key -pubout -out murphy.pem 2>/dev/null')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

/** In bytes. Nine tenths of both are Node.js. */
const most = { packed: 50e6, quick: 56e6, unpacked: 140e6 }

/** What a build reads of a checkout, in another place: there is none of this one's in what it writes. */
function checkout(folder: string): string {
  mkdirSync(join(folder, 'node_modules/.cache'), { recursive: true })
  for (const it of [
    'agent',
    'collectors',
    'systemd',
    'install.sh',
    'LICENSE',
    'package.json',
    'package-lock.json',
  ])
    cpSync(join(root, it), join(folder, it), { recursive: true })
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>
  }
  const needed = Object.entries(packages).filter(
    ([path, { dev }]) => /esbuild/.test(path) || (path !== '' && !dev && !/node-linux/.test(path)),
  )
  for (const [path] of needed)
    if (statSync(join(root, path), { throwIfNoEntry: false }))
      cpSync(join(root, path), join(folder, path), { recursive: true })
  const kept = join(root, 'node_modules/.cache/runtimes')
  cpSync(kept, join(folder, 'node_modules/.cache/runtimes'), { recursive: true })
  return folder
}

/** Builds one there, as its owner would, for this machine's CPU. */
function build(folder: string, options: string, { umask = '022', zone = 'UTC' } = {}) {
  const script = `umask ${umask}; exec "$0" systemd/release.ts --level 1 --cpu ${process.arch} ${options}`
  const { status, stdout, stderr } = spawnSync('sh', ['-euc', script, process.execPath], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, TZ: zone, SOURCE_DATE_EPOCH: '1700000000' },
  })
  if (status !== 0) throw new Error(stderr)
  return { stdout, read: (name: string) => readFileSync(join(folder, 'dist/release', name)) }
}

t.test(
  'two builds in two folders are the same, byte for byte, and a plain node can check them',
  async (t) => {
    // So that no build has to fetch it.
    unpackRuntime(process.arch as 'x64', join(home, 'runtime'), { root, sums: runtimeSums(), archives: [] })
    const url = '--url https://example.org/murphy'
    const one = build(checkout(join(home, 'one')), `--key ${home}/murphy.key ${url}/`)
    const two = build(checkout(join(home, 'in/another/place')), `--key ${home}/murphy.pem ${url}`, {
      umask: '077',
      zone: 'Asia/Tokyo',
    })
    const name = `murphy-${version}-linux-${process.arch}`
    const deb = `murphy_${version}_${process.arch === 'x64' ? 'amd64' : process.arch}.deb`
    const files = [`${name}.tar.gz`, deb, `murphy-${version}.cdx.json`, 'install.sh', 'stable', 'SHA256SUMS']
    const written = (at: string) => new Set(readdirSync(join(home, at, 'dist/release')))
    t.strictSame(written('one'), new Set([...files, 'SHA256SUMS.sig']))
    t.strictSame(readdirSync(join(home, 'one/dist')), ['release'], 'nothing else is left')
    t.strictSame(written('in/another/place'), new Set(files))
    t.match(two.stdout, 'not signed: the key is a public one')
    for (const it of files) t.ok(one.read(it).equals(two.read(it)), it)

    t.equal(one.read('stable').toString(), `${version}\n`)
    t.match(
      one.read('install.sh').toString(),
      `\nplace='https://example.org/murphy'\npinned='${version}'\nkeys='MFkw`,
    )
    checkedByANode(t)
    unpacked(t, name)
    const packaged = statSync(join(home, 'one/dist/release', deb)).size
    t.ok(packaged < most.quick, `${(packaged / 1e6).toFixed(1)} MB as a package, packed quickly`)
  },
)

/** By what every node has. */
function checkedByANode(t: Test) {
  const folder = join(home, 'one/dist/release')
  sh(`openssl dgst -sha256 -verify ${home}/murphy.pem -signature SHA256SUMS.sig SHA256SUMS`, folder)
  t.equal(sh('sha256sum --check --quiet SHA256SUMS', folder), '')
  t.strictSame(
    [...readSums(readFileSync(join(folder, 'SHA256SUMS'), 'utf8')).keys()],
    readdirSync(folder)
      .filter((it) => !it.startsWith('SHA256SUMS'))
      .sort(),
    'every file has its sum',
  )
}

function unpacked(t: Test, name: string) {
  sh(`tar -xzf one/dist/release/${name}.tar.gz`)
  const folder = join(home, name)
  const size = archive(folder, name, 1_700_000_000).length
  t.ok(size < most.packed, `${(size / 1e6).toFixed(1)} MB to fetch, as it is published`)
  const disk = Number(sh('du -sb . | cut -f1', folder))
  t.ok(disk < most.unpacked, `${(disk / 1e6).toFixed(1)} MB unpacked`)
  const node = readFileSync(join(folder, 'runtime/node'))
  t.equal(sha256(node), runtimeSums().get(`node-linux-${process.arch}@${process.versions.node}/bin/node`))
  t.match(
    sh(`env -i runtime/node dist/agent/main.js version`, folder),
    new RegExp(`^murphy ${version}\\b.*, node v${process.versions.node}`),
    'it runs by itself',
  )
  for (const it of ['LICENSE', 'dist/agent/LICENSES', 'runtime/LICENSE'])
    t.ok(statSync(join(folder, it)).size > 1000, it)
  t.match(readFileSync(join(folder, 'share/man/man1/murphy.1'), 'utf8'), /^\.TH MURPHY 1/)
  if (process.getuid?.() === 0)
    t.match(
      sh('sh install.sh --dry-run', folder),
      /^would install the program as \/opt\/murphy$/m,
      'a release to install.sh',
    )
}

t.test('what is missing is said in a sentence', async (t) => {
  const options = (args: string[], env = {}, at = root) => optionsFrom(args, env, at)
  const epoch = { SOURCE_DATE_EPOCH: '1' }
  t.throws(() => options([]), { message: /a release is signed: .*\n.*openssl ecparam -genkey/ })
  t.throws(() => options(['--key', '/nowhere']), { message: '/nowhere is not there' })
  const key = join(home, 'murphy.key')
  t.throws(() => options(['--key', key, '--cpu', 'mips'], epoch), { message: /--cpu is one of x64, arm64/ })
  t.throws(() => options(['--key', key, '--level', '12'], epoch), { message: /--level is 1/ })
  t.throws(() => options(['--key', key], { SOURCE_DATE_EPOCH: 'now' }), { message: /no number of seconds/ })
  t.throws(() => options(['--key', key], {}, home), {
    message: /no checkout: say the time .* SOURCE_DATE_EPOCH/,
  })
  t.match(options(['--url', 'https://x.org/a//'], { MURPHY_SIGNING_KEY: key, ...epoch }), {
    key,
    url: 'https://x.org/a',
    time: 1,
    cpus: ['x64', 'arm64'],
  })
})

t.test('the time is that of the commit, and what is not committed is not released', async (t) => {
  const at = join(home, 'repository')
  mkdirSync(at)
  const date = '2023-11-14T22:13:20Z'
  sh(
    `git init -q && echo a > a && git add a &&
     GIT_COMMITTER_DATE=${date} git -c user.name=a -c user.email=a@b commit -q --date=${date} -m a`,
    at,
  )
  const key = join(home, 'murphy.key')
  t.equal(optionsFrom(['--key', key], {}, at).time, 1_700_000_000)
  writeFileSync(join(at, 'b'), '')
  t.throws(() => optionsFrom(['--key', key], {}, at), { message: /changes that are not committed/ })
})
