import { spawnSync } from 'node:child_process'
import { chownSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { podNode } from '../../collectors/pods/node.ts'
import { homeCgroup, limitCgroup, makeCgroup, removeCgroups } from '../cgroups.ts'
import { damageWal, initdb, postgresHome, query, type Server, startServer, untilReady } from '../postgres.ts'

const mib = 2 ** 20
const enough = 64 * mib
/** Less than a start of PostgreSQL needs. */
const tooLittle = 4 * mib

/**
 * A real PostgreSQL as the pod shop/db-0 of a node whose files are in `place`: in a memory cgroup by the names that k3s
 * gives, its lines written as containerd writes them.
 */
export async function openDatabase(t: { teardown(done: () => unknown): unknown }, place: string) {
  const home = String(postgresHome())
  const folder = mkdtempSync(join(tmpdir(), 'murphy-postgres-'))
  const [data, sockets] = [join(folder, 'data'), join(folder, 'run')]
  mkdirSync(sockets)
  for (const path of [folder, sockets]) chownSync(path, 65_534, 65_534)
  initdb(home, data)
  let server: Server | undefined
  t.teardown(async () => {
    server?.stop('SIGKILL')
    await server?.ended
    await removeCgroups()
    rmSync(folder, { recursive: true })
  })

  const begun = Date.now()
  const pods = podNode(t, begun, place)
  let passed = begun
  /** The clock of the pod's records is the real one. */
  const tick = () => {
    const now = Date.now()
    pods.pass(now - passed)
    passed = now
  }
  const newPod = () => {
    const uid = crypto.randomUUID()
    return {
      uid,
      pod: `${homeCgroup}/kubepods/burstable/pod${uid}`,
      ...pods.container('db-0', 'postgres', uid),
    }
  }
  let pod = newPod()
  let restarts = -1
  const lines: string[] = []
  let killed = 0

  /** What the kubelet does: the container is made anew, and its log with it. */
  function start(limit: number): { readonly id: string; readonly server: Server } {
    tick()
    restarts += 1
    const log = restarts
    const id = pod.start(log)
    const cgroup = makeCgroup(`${pod.pod}/${id}`, limit)
    const line = (text: string) => {
      lines.push(text)
      if (text.includes('signal 9: Killed')) killed = Date.now()
      pod.raw(log, `${new Date().toISOString()} stderr F ${text}\n`)
    }
    server = startServer(home, { data, sockets, cgroup, line })
    return { id, server }
  }
  async function ended(it: ReturnType<typeof start>): Promise<void> {
    const { code } = await it.server.ended
    tick()
    pod.ended(it.id, code ?? 137, code === null ? 'OOMKilled' : 'Error')
  }
  let running = start(enough)
  await untilReady(sockets)

  return {
    /** A query needs more than the pod may have: the kernel kills its process. Gives the time. */
    async outgrow(): Promise<number> {
      await query(
        sockets,
        "select array_length(array_agg(repeat('x', 1000) || g), 1) from generate_series(1, 1000000) g",
      )
      for (let waits = 0; waits < 100 && killed === 0; waits += 1) await pause(50)
      await untilReady(sockets)
      return killed
    },
    /** It is given less than it needs, and killed at every start. Gives the time of the first. */
    async loop(): Promise<number> {
      running.server.stop('SIGQUIT')
      await ended(running)
      const at = Date.now()
      for (let count = 0; count < 3; count += 1) {
        running = start(tooLittle)
        await ended(running)
        await pause(500)
      }
      return at
    },
    /** It has room again, but what it was killed in the middle of is damaged. */
    async panic(): Promise<number> {
      damageWal(data)
      limitCgroup(pod.pod, enough)
      running = start(enough)
      await ended(running)
      return Date.now()
    },
    /** Scaled to 0: the pod is gone, and its logs. */
    scaleDown() {
      rmSync(pods.there(join(pod.path, '..')), { recursive: true })
      for (const id of pod.ids)
        rmSync(pods.there(`/var/log/containers/db-0_shop_postgres-${id}.log`), { force: true })
    },
    copyVolume: () => cpSync(data, join(folder, 'copy'), { recursive: true, preserveTimestamps: true }),
    /** A command of PostgreSQL's, in its pod that only sleeps, as its user. Gives what it said. */
    inPod(command: string): string {
      const ran = spawnSync(
        'setpriv',
        ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-ec', command],
        {
          encoding: 'utf8',
          env: { PATH: `${home}:/usr/bin:/bin`, PGDATA: data },
        },
      )
      if (ran.status !== 0) throw new Error(`${command}: ${ran.stderr}`)
      return ran.stdout
    },
    /** Scaled to 1: a new pod of the same name. */
    async scaleUp(): Promise<void> {
      pod = newPod()
      restarts = -1
      running = start(enough)
      await untilReady(sockets)
    },
  }
}
