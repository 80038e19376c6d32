import t, { type Test } from 'tap'
import type { CertsSample } from '../../collectors/certs/sample.ts'
import { certificates } from '../collectors/certs/openssl.ts'
import { hang, openNode, place, secret } from './forged/open.ts'

/** Where users can make paths lead that Murphy reads: what root alone may read, devices, and servers that are dead. */
const lacking = process.getuid?.() !== 0 ? 'files of other accounts need root' : undefined
if (lacking && process.env.CI !== 'true') {
  t.plan(0, lacking)
  process.exit(0)
}

const ada = 'setpriv --reuid 1000 --regid 1000 --clear-groups'
const config = (more: string) =>
  `apiVersion: v1\\nkind: Config\\nclusters:\\n- name: a\\n  cluster:\\n    server: https://127.0.0.1:6443\\nusers:\\n- name: a\\n  user:\\n    ${more}\\n`

const certificate = (t: Test) => certificates(t).issue({ subject: '/CN=hers' }).file

t.test('a link leads only to what belongs to whoever made it', async (t) => {
  const { ask, sh } = openNode(t)
  const path = '/home/ada/.kube/config'
  const said = async (script: string) => {
    await sh(`rm -rf /home/ada/.kube /home/ada/dot; ${ada} mkdir /home/ada/.kube; cd /home/ada; ${script}`)
    const { value, error } = await ask({ do: 'owned', path })
    return error ?? value
  }
  const link = (to: string) => said(`${ada} ln -s ${to} ${path}`)

  t.match(await link('/etc/shadow'), /uid 1000 made it lead to \/etc\/shadow, which belongs to uid 0/)
  t.match(await link('../../../etc/shadow'), /uid 1000 made it lead to \/etc\/shadow/)
  t.match(await link('/etc/passwd'), /belongs to uid 0/, 'nor what everybody may read')
  for (const it of ['/dev/ptmx', '/dev/zero', '/proc/self/environ', '/proc/self/fd/0', '/sys/kernel/notes'])
    t.match(await link(it), /uid 1000 made it lead to \/(dev|proc|sys)/, it)
  const other = `setpriv --reuid 1001 --regid 1001 --clear-groups sh -c 'echo his >/home/bob/own; chmod 600 /home/bob/own'`
  await sh(other)
  t.match(await link('/home/bob/own'), /which belongs to uid 1001/)
  await sh(
    `setpriv --reuid 1001 --regid 1001 --clear-groups ln -s /home/ada/own /home/bob/back; echo hers >/home/ada/own; chown 1000:1000 /home/ada/own`,
  )
  t.match(await link('/home/bob/back'), /a link of uid 1001, at \/home\/bob\/back, on the word of uid 1000/)
  t.match(await link('config'), /too many links/)
  t.match(await said(`${ada} mkfifo ${path}`), /not a regular file/, 'nobody waits for its other end')
  t.match(
    await said(`ln /etc/shadow ${path} 2>/dev/null || { echo root >${place}/../home-secret; true; }
    rm -f ${path}; echo root >/home/secret && chmod 600 /home/secret && ln /home/secret ${path}`),
    /another name too/,
  )
  t.match(
    await said(
      `mkdir -p /home/roots && rm -rf .kube && ${ada} ln -s /home/roots .kube && echo x >/home/roots/config`,
    ),
    /uid 1000 made it lead to \/home\/roots\/config/,
  )

  t.same(await said(`echo hers >${path} && chown 1000:1000 ${path}`), { uid: 1000, text: 'hers\n' })
  t.same(await said(`echo copied >${path}`), { uid: 0, text: 'copied\n' }, 'as `sudo cp` leaves it')
  t.same(
    await said(
      `rm -rf .kube && ${ada} sh -c 'mkdir -p dot/kube && echo dot >dot/kube/real && ln -s real dot/kube/config && ln -s dot/kube .kube'`,
    ),
    { uid: 1000, text: 'dot\n' },
    'her own links, to her own file',
  )
  t.same(
    await said(`rm -rf .kube && ln -s /run/k3s .kube && echo roots >/run/k3s/config`),
    { uid: 0, text: 'roots\n' },
    "root's link",
  )
})

t.test(
  'what a kubeconfig names is read on the word of whoever wrote it, and nothing of it is recorded',
  async (t) => {
    const { ask, sh } = openNode(t)
    const pem = certificate(t)
    const write = (path: string, text: string, uid: number) =>
      sh(
        `mkdir -p "$(dirname ${path})" && printf '${text}' >${path} && chown -R ${uid}:${uid} "$(dirname ${path})"`,
      )
    const seen = async (more = {}) => (await ask({ do: 'certs', ...more })).value as CertsSample
    const recorded = () => sh(`grep -rlF '${secret}' /run/recorded || true`)

    await write('/home/ada/.kube/config', config('client-certificate: /etc/shadow'), 1000)
    await sh(`cp ${pem} /home/ada/hers.crt && chown 1000:1000 /home/ada/hers.crt`)
    const files = async () => (await seen()).files.filter((it) => it.path !== '/etc/none')
    t.same(
      (await files()).map((it) => it.path),
      ['/home/ada/.kube/config'],
    )
    t.equal(await recorded(), '')

    await write('/home/ada/.kube/config', config('client-certificate: ../hers.crt'), 1000)
    t.match(await files(), [
      { by: 1000 },
      { path: '/home/ada/.kube/../hers.crt', certificates: [{ name: 'hers' }] },
    ])

    // As the settings name it, and as root sets it for everybody.
    for (const path of ['/home/ada/.kube/config', '/home/ada/certs/a.pem']) {
      await sh(
        `rm -rf /home/ada/.kube /home/ada/certs; ${ada} mkdir /home/ada/.kube /home/ada/certs; ${ada} ln -s /etc/shadow ${path}`,
      )
      const sample = await seen({ paths: ['/home/*/certs/*.pem'], kubeconfigs: [path] })
      t.equal(await recorded(), '', path)
      t.match(
        sample.files.find((it) => it.path === path)?.problem,
        /cannot be read \(reading .*uid 1000 made it lead to \/etc\/shadow.*name that itself/,
      )
    }
    await sh(`printf 'KUBECONFIG=/home/ada/.kube/config\\n' >${place}/environment && touch /etc/environment && mount --bind ${place}/environment /etc/environment
    rm -rf /home/ada/.kube && ${ada} mkdir /home/ada/.kube && ${ada} ln -s /etc/shadow /home/ada/.kube/config`)
    await seen()
    t.equal(await recorded(), '')
  },
)

t.test('a file server that a user mounts in their home is not entered, however new it is', async (t) => {
  const it = openNode(t)
  const list = (path: string) => it.ask({ do: 'list', path })
  await it.sh('mkdir -p /run/log/pods && chown 0:1000 /run/log && chmod 775 /run/log')
  t.match(await list('/etc'), { value: Array }, 'what is mounted has just been read')
  await it.sh('ls /run/far && mkdir -p /home/ada/.kube && rm -rf /run/far && ln -s /home/ada/.kube /run/far')
  const { waiting, end } = await hang(it, 1000, 'lookup')
  const near = { near: true }
  const refused = { error: /file system that may not answer \(fuse\)/ }
  t.match(await it.ask({ do: 'owned', path: '/home/ada/.kube/config', options: near }), refused)
  t.equal(await waiting(), 0)
  t.match(await it.ask({ do: 'owned', path: '/home/ada/.kube/config' }), {
    error: /a program of uid 1000 answers, for which nobody waits/,
  })
  t.equal(await waiting(), 0)
  t.match(await list('/home/bob'), { value: Array }, 'not other homes')
  t.match(await list('/run/log/pods'), { value: [] }, 'nor a folder that a group shares')
  t.match(await list('/etc'), { value: Array })
  await end()
})

t.test('a dead file server takes one thread, however many links lead to it, until it answers', async (t) => {
  const it = openNode(t)
  const pem = certificate(t)
  await it.sh(`${ada} mkdir -p /home/ada/certs && for n in 1 2 3 4 5 6 7 8; do ${ada} ln -s /run/far/$n /home/ada/certs/$n.pem; done
    ${ada} ln -s /run/far/config /home/ada/.kube/config; ln -s /run/far/roots /run/k3s/roots.pem
    ${ada} ln -s /run/far /home/ada/folder
    cp ${pem} /home/bob/own.pem && chown 1001:1001 /home/bob/own.pem && cp ${pem} /run/k3s/own.pem`)
  const { waiting, end } = await hang(it, 0, 'lookup')
  const paths = [
    '/home/*/certs/*.pem',
    '/home/ada/folder',
    '/run/k3s',
    '/home/bob/own.pem',
    '/run/far/direct.pem',
  ]
  for (let round = 0; round < 3; round += 1) {
    const { value, pause, took } = await it.ask({ do: 'certs', paths })
    const { files, unseen = [] } = value as CertsSample
    const read = files.filter((one) => one.certificates.length > 0).map((one) => one.path)
    t.same(read.sort(), ['/home/bob/own.pem', '/run/k3s/own.pem'], 'what is near is read all the same')
    t.ok(
      unseen.some(({ why }) => /not asked, because .* has had no answer since/.test(why)),
      'and what is not is said',
    )
    t.ok(pause < 1_000, `nothing else waited: ${pause} ms`)
    if (round > 0) t.ok(took < 4_000, `nor does anybody again: ${took} ms`)
    t.equal(await waiting(), 1)
    // To watch a folder is to follow its path, at once.
    t.match(await it.ask({ do: 'watch', path: '/home/ada/folder/x' }), { value: '127.0.0.1' })
  }
  t.match(await it.ask({ do: 'stat', path: '/home/ada/certs/1.pem' }), { error: /not asked/ })
  t.match(await it.ask({ do: 'list', path: '/run/far/x' }), { error: /not asked/ })
  await end()
  for (let tries = 0; tries < 50; tries += 1) {
    if (/no such/.test((await it.ask({ do: 'stat', path: '/home/ada/certs/1.pem' })).error ?? '')) break
    await it.sh('sleep 0.1')
  }
  t.match(
    await it.ask({ do: 'stat', path: '/home/ada/certs/1.pem' }),
    { error: /no such thing/ },
    'it has answered: all of it is asked again',
  )
})

t.test("a user's own file server is not asked at all", async (t) => {
  const it = openNode(t)
  await it.sh(`${ada} ln -s /run/far/config /home/ada/.kube/config`)
  const { waiting, end } = await hang(it, 1000, 'lookup')
  const { value } = await it.ask({ do: 'certs', paths: ['/run/far/direct.pem'] })
  const { files, unseen } = value as CertsSample
  t.match(JSON.stringify({ files, unseen }), /where a program of uid 1000 answers/)
  for (const command of ['stat', 'list', 'text', 'owned'])
    t.match(await it.ask({ do: command, path: '/run/far/x' }), { error: /a program of uid 1000/ }, command)
  t.equal(await waiting(), 0)
  await end()
})
