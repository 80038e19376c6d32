import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { chance } from '../chance.ts'
import { bootContainer, type Container, withoutContainer } from './container.ts'
import { state } from './install-state.ts'
import { root, runtime, standIn } from './installing.ts'
import { makeKey, publish } from './published.ts'

/**
 * One line, ended at moments by chance: killed with all it started, on a disk that fills up, from a server that closes.
 * `MURPHY_MOMENTS=20 npm test -- install-interrupted` takes more of them, `MURPHY_SEED=…` the same again.
 */
const moments = Number(process.env.MURPHY_MOMENTS ?? 6)
const seed = Number(process.env.MURPHY_SEED ?? Date.now() % 1_000_000)
const random = chance(seed)
const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(1800_000)

const place = mkdtempSync(join(tmpdir(), 'murphy-place-'))
t.teardown(() => rmSync(place, { recursive: true }))

/** A line slow enough to be cut: 2 KiB each 40 ms. What /run/at/cut names ends after that part of it. */
const server = `
const { createServer } = require('http'), { readFileSync, existsSync } = require('fs')
createServer(async ({ url }, out) => {
  let bytes
  try { bytes = readFileSync('${place}' + url) } catch { return out.writeHead(404).end() }
  const [name, part] = existsSync('/run/at/cut') ? readFileSync('/run/at/cut', 'utf8').split(' ') : []
  const end = name !== undefined && url.endsWith(name) ? bytes.length * part : bytes.length
  out.writeHead(200, { 'content-length': bytes.length })
  for (let at = 0; at < end; at += 2048) {
    out.write(bytes.subarray(at, Math.min(at + 2048, end)))
    await new Promise((over) => setTimeout(over, 40))
  }
  end < bytes.length ? out.destroy() : out.end()
}).listen(8000, '127.0.0.1')`

/** Bash: the line itself, how it can end, and what is there. */
const tools = `set -u; export LC_ALL=C MURPHY_URL=http://127.0.0.1:8000 HOME=/root
${state}
line() { cat ${place}/$1/install.sh | setsid --wait sh -c 'echo $$ >/run/at/group; exec sh -s -- --no-test' >/run/at/said 2>&1; }
whole() { [ ! -e /opt/murphy ] || (cd /opt/murphy && find . -type f ! -name made -exec sha256sum {} + | sort); }
killed() { # killed VERSION SECONDS
  rm -f /run/at/group
  line $1 & sleep $2
  [ ! -e /run/at/group ] || kill -9 -$(cat /run/at/group) 2>/dev/null
  wait $!; code=$?
  [ ! -e /run/murphy-install.lock ] || flock -w 10 /run/murphy-install.lock true
}
full() { # full VERSION SECONDS
  line $1 & sleep $2
  # Twice: what somebody gives back in between is taken too.
  for it in 1 2; do fallocate -l $(df --output=avail -k /opt | tail -n 1)K /opt/.filler$it 2>/dev/null; done
  wait $!; code=$?
  rm -f /opt/.filler*
}
cut() { echo "$2 $3" >/run/at/cut; line $1; code=$?; rm /run/at/cut; }
`

async function bash(node: Container, script: string): Promise<string> {
  const { exit, stdout, stderr } = await node.exec(['bash', '-c', tools + script], { timeout: 120_000 })
  if (exit !== 0) throw new Error(`exit ${exit}: ${stdout}${stderr}`)
  return stdout
}

/** A node with 230 MB for programs, and a server of both versions. */
async function prepare(): Promise<Container> {
  const key = makeKey()
  for (const version of ['1.0.0', '1.1.0']) {
    mkdirSync(join(place, version))
    publish(join(place, version), { version, key, agent: version, node: standIn })
  }
  // The curl of this machine with all it loads: a node's Debian has none.
  const lend = `mkdir ${place}/lib && cd ${place}/lib && cp "$(command -v curl)" . && ldd curl | grep -o '/[^ ]*' | xargs cp -t .
    printf '#!/bin/sh\\nexec %s/ld-linux* --library-path %s %s/curl "$@"\\n' $PWD $PWD $PWD > ../curl && chmod +x ../curl`
  execFileSync('sh', ['-euc', lend])
  const node = await bootContainer({ binds: [root, runtime, place] })
  await node.sh(
    'mkdir /run/at && mount -t tmpfs -o size=230m,mode=755 none /opt && cat > /run/at/server.cjs',
    {
      input: server,
    },
  )
  await node.sh(`systemd-run --quiet --unit serving ${runtime}/node /run/at/server.cjs`)
  await node.sh(`cp ${place}/curl /usr/local/bin/`)
  await bash(node, 'until (: </dev/tcp/127.0.0.1/8000) 2>/dev/null; do sleep 0.1; done')
  return node
}

interface Moment {
  readonly way: 'killed' | 'full' | 'cut'
  /** Whether a version is there before. */
  readonly upgrade: boolean
  /** After how many seconds, or which file is cut after which part of it. */
  readonly when: string
}

/** What is there when nothing goes wrong. */
interface Undisturbed {
  readonly none: string
  readonly one: string
  readonly two: string
}

async function interrupted(t: Test, node: Container, { way, upgrade, when }: Moment, clean: Undisturbed) {
  const name = `${way} ${when}${upgrade ? ', an upgrade' : ''}`
  if (upgrade) await bash(node, 'line 1.0.0')
  const before = await bash(node, 'state')
  const code = Number(await bash(node, `${way} 1.1.0 ${when}; echo $code`))
  const said = await bash(node, 'cat /run/at/said')
  const there = await bash(node, 'whole')
  t.ok(['', clean.one, clean.two].includes(there), `${name}: exit ${code}, not half\n${there}`)
  if (code === 0) t.equal(there, clean.two, `${name}: it was over`)
  else if (way !== 'killed') {
    t.match(said, /nothing was changed|all changes were undone|MiB free/, name)
    t.equal(await bash(node, 'state'), before, `${name}: as before\n${said}`)
    if (upgrade)
      t.equal(await bash(node, 'systemctl is-active murphy; murphy version'), 'active\nmurphy 1.0.0\n', name)
  }
  t.equal(await bash(node, 'line 1.1.0; echo $?'), '0\n', `${name}: ${await bash(node, 'cat /run/at/said')}`)
  t.equal(await bash(node, 'whole'), clean.two, `${name}, then healed`)
  t.match(
    await bash(node, 'systemctl is-active murphy; murphy version; ls -A /opt'),
    /^active\nmurphy 1\.1\.0\nmurphy\n(murphy\.former\n)?$/,
    `${name}, then healed`,
  )
  await bash(node, 'sh /opt/murphy/install.sh --purge >/dev/null')
  t.equal(await bash(node, 'state'), clean.none, `${name}, then purged`)
}

t.test(`ended at ${moments} moments by chance (MURPHY_SEED=${seed})`, { skip }, async (t) => {
  const node = await prepare()
  t.teardown(() => node.stop())
  const none = await bash(node, 'state')
  const one = await bash(node, 'line 1.0.0 && whole || cat /run/at/said')
  t.match(one, /agent\/main.js$/m)
  const began = Date.now()
  const two = await bash(node, 'line 1.1.0 && whole || cat /run/at/said')
  const took = (Date.now() - began) / 1000
  await bash(node, 'sh /opt/murphy/install.sh --purge >/dev/null')
  const rounds = Math.ceil(moments / 3)
  for (let at = 0; at < moments; at += 1) {
    const round = Math.floor(at / 3)
    // Each round in a later part of the run: the first while it fetches.
    const part = (round + random()) / rounds
    const way = (['killed', 'full', 'cut'] as const)[at % 3] ?? 'killed'
    const file = random() < 0.7 ? '.tar.gz' : random() < 0.5 ? 'SHA256SUMS' : 'SHA256SUMS.sig'
    const when = way === 'cut' ? `${file} ${random().toFixed(3)}` : (part * took).toFixed(2)
    await interrupted(t, node, { way, upgrade: round % 2 === 1, when }, { none, one, two })
  }
})
