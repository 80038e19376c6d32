import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { mustHaveRoots } from '../../../../agent/cli/commands/config.ts'
import { allRules } from '../../../../agent/cli/commands/explain.ts'
import { main, nodes, typed } from './typed.ts'

const { agent, folder } = typed(t)

t.test('config', async (t) => {
  t.match(agent('config', 'check'), { exit: 0, out: /valid \(no sink: nobody is notified\)/ })
  t.match(agent('config', 'print').out, /node: test-node/)
  t.match(JSON.parse(agent('config', 'schema').out), { title: /Murphy/ })
  const wrong = join(folder, 'wrong.yaml')
  writeFileSync(wrong, 'nodes: x\nsinks: [{type: pigeon}]\n')
  const ran = spawnSync(process.execPath, [main, '--config', wrong, 'config', 'check'], { encoding: 'utf8' })
  t.equal(ran.status, 78)
  t.match(
    ran.stderr,
    /wrong\.yaml:1:1: nodes: unknown key; did you mean node\?\n.*wrong\.yaml:2:10: sinks\[0\]\.type/,
  )
  t.match(spawnSync(process.execPath, [main, '--config', `${folder}/none`, 'run'], { encoding: 'utf8' }), {
    status: 78,
    stderr: /cannot read the file: ENOENT/,
  })
})

t.test('the shipped example is right, and every line of it can be used', async (t) => {
  const shipped = readFileSync(join(import.meta.dirname, '../../../../systemd/config.yaml'), 'utf8')
  const example = join(folder, 'example.yaml')
  writeFileSync(example, shipped)
  t.equal(
    spawnSync(process.execPath, [main, '--config', example, 'config', 'check'], { encoding: 'utf8' }).status,
    0,
  )
  writeFileSync(
    join(folder, 'secret'),
    'https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz',
  )
  writeFileSync(join(folder, 'empty.yml'), '')
  writeFileSync(
    example,
    shipped
      .replace(/^#(?=\S| {2})/gm, '')
      .replaceAll('/etc/murphy/discord.url', join(folder, 'secret'))
      .replaceAll('/etc/murphy/web.yml', join(folder, 'empty.yml')),
  )
  const ran = spawnSync(process.execPath, [main, '--config', example, 'config', 'check'], {
    encoding: 'utf8',
  })
  t.equal(ran.status, 0, ran.stderr)
})

t.test('what protects the metrics is read with the settings', async (t) => {
  const [file, web] = [join(folder, 'web-config.yaml'), join(folder, 'web.yml')]
  writeFileSync(file, `metrics_listen: 127.0.0.1:9797\nmetrics_web_config: ${web}\n`)
  const ran = () =>
    spawnSync(process.execPath, [main, '--config', file, 'config', 'check'], { encoding: 'utf8' })
  t.match(ran(), { status: 78, stderr: /web\.yml: cannot be read \(ENOENT\)/ })
  writeFileSync(web, 'basic_auth_users: { prometheus: word }\n')
  const wrong = ran()
  t.match(wrong, { status: 78, stderr: /web\.yml:1.*basic_auth_users\.prometheus/ })
  t.notMatch(wrong.stderr, 'word }')
  writeFileSync(web, 'http_server_config: { headers: { X-Frame-Options: deny } }\n')
  t.equal(ran().status, 0)
})

t.test('a credential of systemd is for the daemon alone: other commands do without', async (t) => {
  const file = join(folder, 'credential.yaml')
  writeFileSync(
    file,
    `state_dir: ${folder}/none\nsocket: ${folder}/none.sock\nsinks:\n  - { type: discord, url_credential: hook }\n`,
  )
  const ran = (...args: string[]) =>
    spawnSync(process.execPath, [main, '--config', file, ...args], { encoding: 'utf8' })
  t.match(ran('config', 'check'), { status: 0, stdout: /sinks: discord/ })
  t.match(ran('config', 'print'), { status: 0, stdout: /\n {4}url_credential: hook\n/ })
  t.equal(ran('check', '--node', join(nodes, 'healthy')).status, 0)
  t.match(ran('status'), { status: 3, stdout: /not running/ })
  t.match(ran('notify', '--test'), { status: 78, stderr: /systemd passed no credentials/ })
  t.match(ran('run'), { status: 78, stderr: /systemd passed no credentials/ })
})

t.test('what is printed is a file that the check takes, and holds no secret', async (t) => {
  const file = join(folder, 'mine.yaml')
  const address = 'https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz'
  writeFileSync(
    file,
    `cluster: home\nrunbook_url: https://wiki.example/{code}\nremind_hours: 12\ncollectors: { certs: { warn_days: 40 } }\nsinks:\n  - { type: discord, url: '${address}' }\n  - { type: webhook, url_file: ${join(folder, 'secret')}, min: critical }\n`,
  )
  const printed = spawnSync(process.execPath, [main, '--config', file, 'config', 'print'], {
    encoding: 'utf8',
  })
  t.notMatch(printed.stdout, /abcdefghij/)
  t.match(printed.stdout, /\ncluster: home\nrunbook_url: https:\/\/wiki\.example\/\{code\}\n/)
  t.match(printed.stdout, /\nremind_hours: 12\n/)
  t.match(printed.stdout, /\n {4}warn_days: 40\n/)
  t.match(printed.stdout, /^#.*is hidden/m)
  writeFileSync(join(folder, 'again.yaml'), printed.stdout)
  const again = spawnSync(
    process.execPath,
    [main, '--config', join(folder, 'again.yaml'), 'config', 'check'],
    {
      encoding: 'utf8',
    },
  )
  t.match(again, { status: 0, stderr: '', stdout: /sinks: discord, webhook/ })
})

t.test('rules that explain each other in a circle are named', (t) => {
  const rules = allRules()
  t.doesNotThrow(() => mustHaveRoots(rules))
  const [flushed, lockout] = [rules['firewall.flushed'], rules['firewall.lockout']]
  if (!flushed || !lockout) throw new Error('these rules exist')
  const wrong = { ...rules, 'firewall.flushed': { ...flushed, because: [{ code: 'firewall.lockout' }] } }
  t.throws(() => mustHaveRoots(wrong), {
    message: /circle: (firewall\.(flushed|lockout)) because of firewall\.(flushed|lockout) because of \1$/,
    exit: 3,
  })
  t.end()
})
