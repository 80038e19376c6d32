import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { bundle } from '../../systemd/build.ts'
import { bootContainer } from './container.ts'
import { root, runtime } from './installing.ts'
import { inventory } from './inventory.ts'
import { makeKey, publish } from './published.ts'

t.setTimeout(1800_000)
t.jobs = 1

/**
 * What a release asks of a system, with the real agent and nothing of this checkout at hand: `MURPHY_DISTRIBUTIONS=1 npm
 * test -- install-debian`, as each takes a minute, and its Debian is fetched once. `MURPHY_DISTRIBUTIONS=jammy,noble`: those;
 * for Ubuntu's, mmdebstrap needs ubuntu-keyring (in Debian from 13 on).
 */
const { MURPHY_DISTRIBUTIONS: asked = '' } = process.env
const suites = asked === '1' ? ['bullseye', 'bookworm', 'trixie'] : asked.split(',').filter(Boolean)
/** What systemd does with a credential: 247, 249 and 250. */
const handing: Readonly<Record<string, string>> = { bullseye: 'LoadCredential', jammy: 'LoadCredential' }
const packages = ['systemd', 'systemd-sysv', 'dbus', 'openssl', 'procps']
/** Of Ubuntu's smallest set apt is no part, and with it libstdc++ is missing, which every real one has. */
const ubuntu = ['jammy', 'noble']

/** Directives of the unit that systemd 247 does not know: each only forbids something. */
const unknownTo247 = ['ExecPaths', 'NoExecPaths', 'SocketBindAllow', 'SocketBindDeny']
const unknownTo: Readonly<Record<string, readonly string[]>> = { bullseye: unknownTo247 }

t.test('what an older systemd does not know is said', async (t) => {
  const [unit, page] = ['systemd/murphy.service', 'docs/install.md'].map((it) =>
    readFileSync(join(root, it), 'utf8'),
  )
  for (const it of unknownTo247) {
    t.match(unit, new RegExp(`^${it}=`, 'm'))
    t.ok(page?.includes(`\`${it}\``), it)
  }
})

/** Where the releases are, of the real agent. */
async function published() {
  const place = mkdtempSync(join(tmpdir(), 'murphy-place-'))
  const key = makeKey()
  const agent = join(place, 'agent')
  process.once('exit', () => rmSync(place, { recursive: true }))
  await bundle({ root, entry: join(root, 'agent/main.ts'), outdir: agent })
  for (const version of ['1.0.0', '1.1.0']) {
    mkdirSync(join(place, version))
    publish(join(place, version), { version, key, agent, node: join(runtime, 'node'), place })
  }
  return place
}

for (const suite of suites)
  t.test(suite, async (t) => {
    const place = await published()
    const node = await bootContainer({
      binds: [place],
      distribution: { suite, packages: ubuntu.includes(suite) ? [...packages, 'apt'] : packages },
    })
    t.teardown(() => node.stop())
    const run = (script: string) => node.exec(['sh', '-c', script], { timeout: 300_000 })
    const before = await inventory(node)
    const line = `cat ${place}/1.0.0/install.sh | sh -s --`
    const it = await run(`${line} --cluster home`)
    t.equal(it.exit, 0, it.stderr)
    t.match(it.stdout, /^Installed in \/opt\/murphy: murphy 1\.0\.0, node v/m)
    t.equal(await node.sh('systemctl is-active murphy; systemctl is-enabled murphy'), 'active\nenabled\n')
    const status = await run('agent status --json')
    t.match(JSON.parse(status.stdout), { version: 2, node: 'node1', cluster: 'home' }, status.stderr)
    const kept = await run(
      `printf 'http://127.0.0.1:9/s3cret\\n' | sh /opt/murphy/install.sh --no-test --credential --webhook -`,
    )
    t.match(kept, { exit: 0 }, kept.stderr)
    t.equal(
      await node.sh(
        'systemctl is-active murphy; cat /etc/systemd/system/murphy.service.d/* /run/credentials/murphy.service/webhook',
      ),
      `active\n[Service]\n${handing[suite] ?? 'LoadCredentialEncrypted'}=webhook:/etc/murphy/webhook.cred\nhttp://127.0.0.1:9/s3cret${handing[suite] ? '\n' : ''}`,
    )
    const said = (await run('systemd-analyze verify /etc/systemd/system/murphy.service')).stderr
    const unknown = Array.from(said.matchAll(/Unknown key(?: name)? '(\w+)'/g), ([, name]) => name)
    t.strictSame(new Set(unknown), new Set(unknownTo[suite] ?? []), said)
    t.match(await run(`${line} --version 1.1.0`), { exit: 0, stdout: /murphy 1\.1\.0, node/ })
    t.match(await run('sh /opt/murphy/install.sh --rollback'), { exit: 0, stdout: /murphy 1\.0\.0, node/ })
    t.match(await run('agent version && systemctl is-active murphy'), {
      exit: 0,
      stdout: /^murphy 1\.0\.0, /,
    })
    t.match(await run('sh /opt/murphy/install.sh --uninstall'), { exit: 0 })
    t.match(await run(`${line} --purge`), { exit: 0 })
    // The key of the machine is systemd's own.
    const now = (await inventory(node)).filter((it) => !it.includes('/var/lib/systemd/credential.secret'))
    t.strictSame(now, before, 'the node is as it was')
  })
