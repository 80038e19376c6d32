import type { Host } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import { fairly } from '../node/fairly.ts'
import { notJudged } from '../node/left-out.ts'
import type { SeenFile } from './sample.ts'
import { fileCodes, type Source, type Sources } from './sources.ts'

/** More home folders than a node has people. */
const mostHomes = 1_000
/** For all kubeconfigs together; one names about three files. */
const mostNamed = 1_000

/** The uids of people (UID_MIN and UID_MAX of login.defs(5)). */
const [firstPerson, lastPerson] = [1_000, 60_000]

/** File systems whose access may hang while a file server is away, and with it every process that reads there. */
const remote = /^(nfs4?|cifs|smb3|smbfs|9p|ceph|glusterfs|lustre|afs|autofs|fuse\.(?!lxcfs).*)$/

/**
 * The kubeconfigs that people use here: those named in the settings or in `KUBECONFIG`, and `~/.kube/config` of root
 * and of human users.
 */
export async function kubeconfigs(host: Host, named: readonly string[]): Promise<Sources> {
  const sources = new Map<string, Source>()
  for (const path of lists(named)) sources.set(path, { path, of: 'kubeconfig', named: true })
  // pam_env gives these variables to every session (pam_env(8)). People also write `export` and quotes there.
  const environment = (await orNothing(host.text('/etc/environment'))) ?? ''
  const [, listed = ''] = /^[ \t]*(?:export[ \t]+)?KUBECONFIG=["']?([^"'\n]*)/m.exec(environment) ?? []
  const homes = await homesOf(host)
  const configs = homes.map((home) => `${home}/.kube/config`)
  for (const path of [...lists([listed]), ...configs.slice(0, mostHomes)])
    if (!sources.has(path)) sources.set(path, { path, of: 'home' })
  const left = configs.slice(mostHomes)
  const why = `there are more than ${mostHomes} homes, and no more are looked into`
  return {
    sources: [...sources.values()],
    unseen: left.length > 0 ? [notJudged(fileCodes, left, why)] : [],
  }
}

/** The absolute paths of lists such as `/etc/rancher/k3s/k3s.yaml:/root/other`. */
const lists = (all: readonly string[]) =>
  all.flatMap((it) => it.split(':').map((path) => path.trim())).filter((path) => path.startsWith('/'))

async function homesOf(host: Host): Promise<string[]> {
  const far = await remoteMounts(host)
  const homes = new Set<string>()
  for (const line of ((await orNothing(host.text('/etc/passwd'))) ?? '').split('\n')) {
    const [, , uid = '', , , home = '', shell = ''] = line.split(':')
    const id = Number(uid)
    // Accounts that may not log in use no kubectl.
    const person =
      uid !== '' && (id === 0 || (id >= firstPerson && id <= lastPerson)) && !/\/(nologin|false)$/.test(shell)
    if (!person || !/^\/.+/.test(home)) continue
    if (!far.some((mount) => home === mount || home.startsWith(`${mount}/`)))
      homes.add(home.replace(/\/+$/, ''))
  }
  return [...homes]
}

async function remoteMounts(host: Host): Promise<string[]> {
  const mounts = (await orNothing(host.text('/proc/self/mounts'))) ?? ''
  return mounts.split('\n').flatMap((line) => {
    const [, place = '', type = ''] = line.split(' ')
    // A remote root file system cannot be avoided.
    return remote.test(type) && place !== '/' ? [place.replaceAll('\\040', ' ')] : []
  })
}

/**
 * The certificate files that kubeconfigs name by path. The author of a kubeconfig may name any file, so `word` records
 * who that is. k3s's own files are known anyway. If there are too many, each kubeconfig has its share, so that one
 * cannot push out what others name.
 */
export function namedIn(files: readonly SeenFile[]): Sources {
  const naming = files.filter((it) => it.names && it.of !== 'k3s')
  if (naming.length === 0) return { sources: [], unseen: [] }
  const known = new Set(files.map((it) => it.path))
  const sources = new Map<string, Source & { readonly from: string }>()
  for (const { path, of, by, names = [] } of naming) {
    for (const name of names) {
      const folder = path.slice(0, path.lastIndexOf('/'))
      const full = name.startsWith('/') ? name : `${folder}/${name}`
      if (!known.has(full) && !sources.has(full))
        sources.set(full, { path: full, of, ...(by !== undefined && { word: by }), from: path })
    }
  }
  const { kept, left } = fairly(
    [...sources.values()],
    mostNamed,
    (it) => it.from,
    ({ of }) => Number(of === 'kubeconfig'),
  )
  const paths = left.map((it) => it.path)
  const why = `kubeconfigs name more than ${mostNamed} certificates, and no more are read`
  return {
    sources: kept.map(({ from: _, ...it }) => it),
    unseen: paths.length > 0 ? [notJudged(fileCodes, paths, why)] : [],
  }
}

/** From a file in a home folder, keeps only what concerns this node's cluster. */
export function ownOf(
  file: SeenFile,
  authorities: ReadonlySet<string>,
  ownPorts: ReadonlySet<string>,
): SeenFile {
  if (file.of !== 'home' || (file.servers ?? []).some((it) => isOwn(it, ownPorts))) return file
  return { ...file, certificates: file.certificates.filter((it) => authorities.has(it.issuer)) }
}

/** Whether an address such as `127.0.0.1:6443` or `localhost:6443` is this node's own API. */
export function isOwn(server: string, ownPorts: ReadonlySet<string>): boolean {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(server) ?? []
  return /^(127\.[\d.]+|localhost|\[::1\])$/.test(host) && ownPorts.has(port)
}
