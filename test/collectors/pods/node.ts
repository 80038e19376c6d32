import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openMachine } from '../../../agent/host/machine.ts'
import type { Host } from '../../../agent/model/index.ts'

/** A node of real files in a folder of its own, or of a container, with a clock that is set by hand. */
export function podNode(
  t: { teardown(done: () => void): unknown },
  begin = Date.parse('2026-11-23T03:00:00Z'),
  home?: string,
) {
  const root = home ?? mkdtempSync(join(tmpdir(), 'murphy-pods-'))
  const machine = openMachine()
  t.teardown(() => {
    machine.close()
    if (home === undefined) rmSync(root, { recursive: true })
  })
  const real = machine.during(new AbortController().signal)
  const there = (path: string) => (path.startsWith('/var/') ? join(root, path) : path)
  let started = 0
  let now = begin
  const host: Host = {
    ...real,
    now: () => now,
    read: (path, options) => real.read(there(path), options),
    text: (path, options) => real.text(there(path), options),
    range: (path, from, length, options) => real.range(there(path), from, length, options),
    list: (path) => real.list(there(path)),
    stat: (path) => real.stat(there(path)),
    stats: (paths) => real.stats(paths.map(there)),
    target: (path) => real.target(there(path)),
  }
  const put = (path: string, text: string | Uint8Array, add = false) => {
    mkdirSync(dirname(there(path)), { recursive: true })
    ;(add ? appendFileSync : writeFileSync)(there(path), text)
  }
  const created = new Map<string, number>()
  const status = (containerId: string, more: object) => {
    const at = created.get(containerId) ?? now
    created.set(containerId, at)
    const root = '/var/lib/rancher/k3s/agent/containerd/io.containerd.grpc.v1.cri/containers'
    const known = {
      Version: 'v1',
      CreatedAt: (at + created.size) * 1e6,
      StartedAt: at * 1e6,
      FinishedAt: 0,
      ExitCode: 0,
    }
    put(`${root}/${containerId}/status`, JSON.stringify({ ...known, ...more }))
  }
  return {
    host,
    there,
    put,
    pass: (ms: number) => {
      now += ms
    },
    container(
      name: string,
      container = 'app',
      uid = '590e112b-f426-43df-a156-a82643a83dd3',
      namespace = 'shop',
    ) {
      const path = `/var/log/pods/${namespace}_${name}_${uid}/${container}`
      const ids: string[] = []
      return {
        path,
        ids,
        /** What the kubelet and containerd do when they start it for the Nth time. */
        start(restarts: number) {
          put(`${path}/${restarts}.log`, '', true)
          started += 1
          const containerId = `${started}`.padStart(64, 'a')
          ids.push(containerId)
          const link = there(`/var/log/containers/${name}_${namespace}_${container}-${containerId}.log`)
          mkdirSync(dirname(link), { recursive: true })
          symlinkSync(`${path}/${restarts}.log`, link)
          status(containerId, {})
          return containerId
        },
        write(restarts: number, ...lines: readonly string[]) {
          put(`${path}/${restarts}.log`, lines.map((it) => cri(it, now)).join(''), true)
        },
        raw: (restarts: number, text: string | Uint8Array) => put(`${path}/${restarts}.log`, text, true),
        setAside(restarts: number, stamp: string) {
          renameSync(there(`${path}/${restarts}.log`), there(`${path}/${restarts}.log.${stamp}`))
          put(`${path}/${restarts}.log`, '')
        },
        ended: (containerId: string, code: number, reason = 'Error') =>
          status(containerId, { FinishedAt: now * 1e6, ExitCode: code, Reason: reason }),
      }
    },
  }
}

/** A line as containerd writes it. */
export const cri = (text: string, at: number, stream = 'stderr', tag = 'F') =>
  `${new Date(at).toISOString().replace('Z', '123456Z')} ${stream} ${tag} ${text}\n`
