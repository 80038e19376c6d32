import t from 'tap'
import { bootContainer, type Container, withoutContainer } from './container.ts'
import { root, runtime } from './installing.ts'
import { inventory } from './inventory.ts'
import { buildRelease } from './release.ts'

const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

const encrypted = 'LoadCredentialEncrypted=webhook:/etc/murphy/webhook.cred'
const url = 'http://127.0.0.1:8080/s3cret'

/** Writes down to which paths it is posted. */
const receiver = `require('http').createServer((it, out) => { console.log(it.method, it.url); it.resume(); out.end() }).listen(8080)`

const install = (node: Container, options: string, input = '') =>
  node.exec(['sh', '-c', `sh /root/release/install.sh ${options}`], { input, timeout: 120_000 })

/** Whether the service runs, how systemd was told, and what it hands it. */
const handed = (node: Container) =>
  node.sh(
    'systemctl is-active murphy && grep ^Load /etc/systemd/system/murphy.service.d/* && cat /run/credentials/murphy.service/webhook',
  )

t.test('addresses as systemd credentials', { skip }, async (t) => {
  const release = await buildRelease()
  t.teardown(release.remove)
  const node = await bootContainer({ binds: [root, runtime] })
  t.teardown(() => node.stop())
  await release.place(node)
  // The key of the machine is systemd's, not Murphy's: it stays.
  await node.sh(
    'systemd-creds setup 2> /dev/null; systemd-run --quiet --unit heard "$0" -e "$1"'
      .replace('"$0"', `${runtime}/node`)
      .replace('"$1"', `"${receiver}"`),
  )
  const before = await inventory(node)

  await node.sh(
    `printf '#!/bin/sh\\necho "$*" > /run/asked\\nexec /usr/bin/systemd-creds "$@"\\n' > /usr/local/bin/systemd-creds && chmod +x /usr/local/bin/systemd-creds`,
  )
  t.match(await install(node, '--credential'), { exit: 2, stderr: /--credential needs --webhook or --ntfy/ })
  const first = await install(node, '--credential --webhook -', `${url}\n`)
  t.equal(first.exit, 0, first.stderr)
  t.match(
    await node.sh('cat /run/asked && rm /run/asked /usr/local/bin/systemd-creds'),
    /--with-key=host /,
    'a TPM, whose registers new firmware changes, is not asked',
  )
  t.match(first.stdout, /^The next node: .* --webhook - --credential$/m)
  t.match(
    await node.sh('tail -n 2 /etc/murphy/config.yaml'),
    '  - type: webhook\n    url_credential: webhook\n',
  )
  t.equal(await handed(node), `active\n${encrypted}\n${url}`)
  t.match(await node.sh('journalctl -u heard -o cat'), /^POST \/s3cret$/m, 'the test message was sent')
  t.equal(await node.sh("stat -c '%A %U' /etc/murphy/webhook.cred"), '-rw------- root\n')
  t.equal(await node.sh('grep -rl s3cret /etc /opt /var/lib /usr/local || :'), '', 'it is nowhere as text')
  t.match(await install(node, '--uninstall'), { exit: 0 })
  t.equal(
    await node.sh('ls -d /etc/systemd/system/murphy.service* || :; ls /etc/murphy'),
    'config.yaml\nwebhook.cred\n',
  )
  t.match(await install(node, '--no-test'), { exit: 0 })
  t.equal(await handed(node), `active\n${encrypted}\n${url}`, 'what was kept is handed again')
  t.match(await install(node, '--purge'), { exit: 0 })
  t.strictSame(await inventory(node), before, 'the node is as it was')

  await node.sh('mkdir /etc/murphy && echo x > /etc/murphy/webhook.cred')
  t.match(await install(node, '--credential --webhook -', `${url}\n`), {
    exit: 1,
    stderr: /webhook.cred exists, and install.sh did not write it/,
  })
  await node.sh('rm -r /etc/murphy; mv /usr/bin/systemd-creds /root/')
  t.match(await install(node, '--no-test --credential --webhook -', `${url}\n`), { exit: 0 })
  t.equal(
    await handed(node),
    `active\nLoadCredential=webhook:/etc/murphy/webhook.cred\n${url}\n`,
    'as before systemd 250',
  )
  await node.sh('mv /root/systemd-creds /usr/bin/')
  t.match(await install(node, '--purge'), { exit: 0 })
  t.strictSame(await inventory(node), before)

  await node.sh(
    `printf '#!/bin/sh\\nexit 1\\n' > /usr/local/bin/systemd-creds && chmod +x /usr/local/bin/systemd-creds`,
  )
  t.match(await install(node, '--credential --webhook -', `${url}\n`), {
    exit: 1,
    stderr: /systemd could not encrypt the URL, .*\n.*all changes were undone/,
  })
  await node.sh('rm /usr/local/bin/systemd-creds')
  t.strictSame(await inventory(node), before)
})
