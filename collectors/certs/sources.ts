import { basename, dirname } from 'node:path'
import type { Host, Stat, Unseen } from '../../agent/model/index.ts'
import { HostError, unseen } from '../../agent/model/index.ts'
import { hour } from '../../agent/text/times.ts'
import { orMissing } from '../node/ask.ts'
import type { K3s } from '../node/k3s.ts'
import { stampOf } from '../node/stamps.ts'
import { expand, isGlob } from './glob.ts'
import { derived } from './known-files.ts'
import type { rules } from './rules.ts'
import type { CertsSample, Owner, SeenFile } from './sample.ts'

/** A file that may hold certificates. */
export interface Source {
  readonly path: string
  readonly of: Owner
  readonly loose?: true
  /** The settings name it, so it must exist and hold a certificate. */
  readonly named?: true
  /** The uid of the user, other than root, whose kubeconfig names it: it is read only if it belongs to that user. */
  readonly word?: number
}

/** The codes whose subject is the path of a single file. */
export const fileCodes = [
  'certs.expired',
  'certs.expiring',
  'certs.not-yet-valid',
  'certs.unreadable',
  'certs.kubeconfig-stale',
] as const satisfies readonly (keyof typeof rules)[]

export interface Sources {
  readonly sources: readonly Source[]
  readonly unseen: readonly Unseen[]
}

/**
 * The files that k3s uses in `server/tls` (k3s: pkg/daemons/control/deps, pkg/util/services). `client-kube-proxy.crt`
 * and `client-k3s-controller.crt` are left out: newer servers keep unused ones of old releases, and where they are
 * used, the agent's copies expire at the same time.
 */
const used: Readonly<Record<string, RegExp>> = {
  '': /^(client-(admin|supervisor|controller|scheduler|kube-apiserver|auth-proxy|(k3s|rke2)-cloud-controller)|serving-kube-(apiserver|scheduler|controller-manager)|(client|server|request-header)-ca(\.nochain)?)\.crt$/,
  etcd: /^(client|server-client|peer-server-client|server-ca|peer-ca)\.crt$/,
  'kube-scheduler': /^kube-scheduler\.crt$/,
  'kube-controller-manager': /^kube-controller-manager\.crt$/,
}
const usedByAgent =
  /^(client-kubelet|serving-kubelet|client-kube-proxy|client-(k3s|rke2)-controller|client-ca|server-ca)\.crt$/

/**
 * The folders in which this node's k3s keeps certificates. A missing one is no blind spot: agents have no `server`
 * folder.
 */
export async function k3sSources(host: Host, k3s: K3s, codes: readonly string[]): Promise<Sources> {
  const sources: Source[] = []
  const blind: Unseen[] = []
  const listed = async (folder: string) => {
    try {
      return (await orMissing(host.list(folder))) ?? []
    } catch (error) {
      blind.push(unseen(`the certificates in ${folder}`, error, codes))
      return []
    }
  }
  const add = async (folder: string, inUse: RegExp | undefined) => {
    const entries = await listed(folder)
    for (const { name, kind } of entries) {
      if (kind === 'folder' || !name.endsWith('.crt')) continue
      sources.push({ path: `${folder}/${name}`, of: 'k3s', ...(!inUse?.test(name) && { loose: true }) })
    }
    return entries
  }
  const kubeconfigs = async (folder: string) => {
    for (const { name } of await listed(folder))
      if (name.endsWith('.kubeconfig')) sources.push({ path: `${folder}/${name}`, of: 'k3s' })
  }

  if (k3s.role === 'server') {
    const tls = `${k3s.dataDir}/server/tls`
    for (const { name, kind } of await add(tls, used[''])) {
      if (name === 'dynamic-cert.json') sources.push({ path: `${tls}/${name}`, of: 'k3s' })
      // Skip the API server's own scratch folder, and copies that people make.
      if (kind === 'folder' && !/^(temporary-certs|tls-\d+)$/.test(name))
        await add(`${tls}/${name}`, Object.hasOwn(used, name) ? used[name] : undefined)
    }
    await kubeconfigs(`${k3s.dataDir}/server/cred`)
    const admin = [
      `/etc/rancher/${k3s.distribution}/${k3s.distribution}.yaml`,
      ...(k3s.flags['write-kubeconfig'] ?? []),
    ]
    for (const path of new Set(admin)) if (path.startsWith('/')) sources.push({ path, of: 'kubeconfig' })
  }
  await add(`${k3s.dataDir}/agent`, usedByAgent)
  await kubeconfigs(`${k3s.dataDir}/agent`)
  return { sources, unseen: blind }
}

/** Names of certificate files in a folder that the settings name; key files are not even opened. */
const certificateNames = /\.(crt|cer|cert|pem|der)$/i
const keyNames = /(^|[-_.])(priv|private)?key([-_.]|$)/i

const mostFiles = 20_000

/** What the settings name, and the states of the folders among it. */
interface ExtraSources extends Sources {
  readonly folders: Readonly<Record<string, string>>
}

/**
 * The files that `paths` of the settings stand for: files, folders (without subfolders), globs. A folder in the state
 * in which it was `before` holds the same names. If it cannot be listed, the files seen there before are read by name.
 * If there are too many files, no finding about any of them is resolved, since its file may just have been left out.
 */
export async function extraSources(
  host: Host,
  paths: readonly string[],
  before: Pick<CertsSample, 'files' | 'folders'> = { files: [] },
): Promise<ExtraSources> {
  const sources = new Map<string, Source>()
  const remembered = new Map<string, Source>()
  const blind: Unseen[] = []
  const put = (path: string, source: Source) => {
    if (sources.has(path)) return
    if (sources.size >= mostFiles)
      throw new HostError('too-large', `there are more than ${mostFiles} files; only these are watched`)
    sources.set(path, source)
  }
  const folders: Record<string, string> = {}
  const add = async (path: string, stat: Stat | HostError | undefined, named: boolean) => {
    if (!stat || stat instanceof HostError || stat.kind !== 'folder') {
      if (named) sources.delete(path)
      put(path, { path, of: 'extra', ...(named && { named: true }) })
      return
    }
    const state = stampOf(stat, host.now())
    // A file system of a user's program may keep no times of folders.
    const stamp = state && `${state}:${Math.floor(host.now() / hour)}`
    const its =
      stamp !== '' && stamp === before.folders?.[path]
        ? (certificatesIn(before.files).get(path) ?? [])
        : await listed(host, path)
    for (const it of its) put(it.path, it)
    if (stamp !== '') folders[path] = stamp
  }
  for (const path of paths) {
    try {
      const glob = isGlob(path)
      const found = (glob ? await expand(host, path, mostFiles + 1) : [path]).map((one) =>
        one.length > 1 ? one.replace(/\/+$/, '') : one,
      )
      const stats = await host.stats(found)
      for (const [at, one] of found.entries()) await add(one, stats[at], !glob)
    } catch (error) {
      const cut = error instanceof HostError && error.code === 'too-large'
      blind.push(unseen(`the certificates in ${path}`, error, cut ? fileCodes : []))
      const begin = isGlob(path) ? path.slice(0, path.search(/[*?]/)) : `${path.replace(/\/+$/, '')}/`
      for (const { path, of } of before.files)
        if (of === 'extra' && path.startsWith(begin) && !sources.has(path)) remembered.set(path, { path, of })
    }
  }
  for (const [path, it] of remembered) if (!sources.has(path)) sources.set(path, it)
  return { sources: [...sources.values()], unseen: blind, folders }
}

// Kubernetes mounts a secret as links into a folder `..data`; only the links are read.
const isCertificate = (name: string) =>
  certificateNames.test(name) && !keyNames.test(name) && !name.startsWith('..')

/** The files that only the settings name, by their folder, as it would be listed. */
const certificatesIn = derived(
  (files): ReadonlyMap<string, readonly SeenFile[]> =>
    Map.groupBy(
      files.filter((it) => it.of === 'extra' && isCertificate(basename(it.path))),
      (it) => dirname(it.path),
    ),
)

async function listed(host: Host, folder: string): Promise<readonly Source[]> {
  return (await host.list(folder))
    .filter(({ name, kind }) => kind !== 'folder' && isCertificate(name))
    .map(({ name }) => ({ path: `${folder === '/' ? '' : folder}/${name}`, of: 'extra' }))
}
