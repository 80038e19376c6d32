import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'

/**
 * A node on which users do what they can to make Murphy believe, read or wait for what it must not: accounts,
 * processes, links, and a file system that gives no answer (`fuse.ts`), all in mount, process and network namespaces of
 * their own, with `node.ts` to look at them.
 */
const here = import.meta.dirname
export const place = '/run/forged'
export const node = `${place}/node`
export const nobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups'

/** What nobody but root may read. */
export const secret = '$6$not/for/others'

interface Answer {
  readonly value?: unknown
  readonly error?: string
  readonly pause: number
  readonly took: number
}

export type Node = ReturnType<typeof openNode>

/** A node with two accounts more, and nothing of k3s but its name. */
export function openNode(t: Test, { before = '', wrap = '' } = {}) {
  // What is mounted and made here is seen in here only. Accounts must be able to run Node.js and Perl by other names.
  const script = `
    mount -t tmpfs -o mode=755 tmpfs /run
    mount -t tmpfs -o mode=755 tmpfs /home
    mkdir -p ${place} /run/k3s /home/ada/.kube /home/bob/.kube /run/far
    touch ${node} && mount --bind "$(readlink -f ${process.execPath})" ${node}
    cp "$(readlink -f "$(command -v perl)")" ${place}/k3s-server
    printf 'root:x:0:0::/root:/bin/sh\\nada:x:1000:1000::/home/ada:/bin/sh\\nbob:x:1001:1001::/home/bob:/bin/sh\\n' >${place}/passwd
    mount --bind ${place}/passwd /etc/passwd
    printf 'root:${secret}:1::::::\\n' >${place}/shadow && chmod 600 ${place}/shadow
    mount --bind ${place}/shadow /etc/shadow
    chown -R 1000:1000 /home/ada && chown -R 1001:1001 /home/bob
    ip link set lo up
    ${before}
    exec ${wrap} env -u NODE_OPTIONS ${process.execPath} ${join(here, 'node.ts')}`
  const child = spawn(
    'unshare',
    ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-ec', script],
    // Nothing of the tests' own: other accounts may not read it.
    { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: process.env.PATH } },
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  t.teardown(() => child.kill('SIGKILL'))
  const ask = async (command: object): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(command)}\n`)
    return JSON.parse((await lines.next()).value ?? '{"error":"it ended"}') as Answer
  }
  const sh = async (script: string) => {
    const { value, error } = await ask({ do: 'sh', script })
    if (error) throw new Error(error)
    return value as string
  }
  /** Starts something that goes on; gives its process id. */
  const start = (command: string) => sh(`${command} </dev/null >${place}/said 2>&1 & echo $!`).then(Number)
  const until = async (script: string) => {
    for (let tries = 0; tries < 100; tries += 1) {
      if (await ask({ do: 'sh', script }).then(({ error }) => !error)) return
      await pause(100)
    }
    throw new Error(`this did not come true: ${script}; ${await sh(`cat ${place}/said*`)}`)
  }
  return { child, ask, sh, start, until }
}

/** Mounts a file system that keeps its readers waiting, and counts whom. */
export async function hang(it: Node, uid: number, last: 'again' | 'lookup') {
  const command = `${process.execPath} ${join(here, 'fuse.ts')} /run/far ${uid} ${last}`
  await it.sh(`${command} </dev/null >${place}/fuse 2>&1 & echo $! >${place}/fuse.pid`)
  await it.until(`grep -q mounted ${place}/fuse`)
  return {
    waiting: async () => Number(await it.sh(`grep -c ${last} ${place}/fuse || true`)),
    /** Its end is an answer for whoever waits. */
    end: () => it.sh(`kill -9 $(cat ${place}/fuse.pid); umount -l /run/far`),
  }
}
