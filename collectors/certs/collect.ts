import { dirname } from 'node:path'
import { type Host, HostError, type Unseen, unseen } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import { findK3s, type K3s, k3sVersion } from '../node/k3s.ts'
import { k3sPorts } from '../node/k3s-ports.ts'
import { stampOf } from '../node/stamps.ts'
import { askApi } from './api.ts'
import { checkPairs } from './chain.ts'
import { lookAtClock } from './clock.ts'
import { kubeconfigs, namedIn } from './homes.ts'
import { sameFiles } from './known-files.ts'
import { type Look, lookAtAll } from './read.ts'
import type { CertsSample, SeenFile } from './sample.ts'
import { k3sAddresses, lookAtServer } from './served.ts'
import { extraSources, k3sSources, type Source } from './sources.ts'

/** What the settings ask to be watched. */
export interface Wanted {
  readonly paths: readonly string[]
  readonly endpoints: readonly string[]
  readonly kubeconfigs: readonly string[]
  readonly ingress: readonly string[]
}

/** One collector run; `codes` are those that depend on k3s's files. */
export async function collect(
  host: Host,
  wanted: Wanted,
  before: CertsSample | undefined,
  codes: readonly string[],
): Promise<CertsSample> {
  const k3s = await findK3s(host, before?.k3s)
  const [own, people, extra, etcd] = await Promise.all([
    k3s ? k3sSources(host, k3s, codes) : { sources: [], unseen: [] },
    k3s || wanted.kubeconfigs.length > 0
      ? kubeconfigs(host, wanted.kubeconfigs)
      : { sources: [], unseen: [] },
    extraSources(host, wanted.paths, before),
    k3s?.role === 'server' ? etcdOf(host, k3s) : undefined,
  ])
  const { sources, twice } = merged(own.sources, people.sources, extra.sources)
  const past = before?.served ?? []
  const ports = k3s && k3sPorts(host, k3s, etcd?.uid)
  const endpoints = [...wanted.endpoints, ...wanted.ingress.map((name) => `127.0.0.1:443/${name}`)]
  const [{ looks, unnamed }, served, about, asked, clock] = await Promise.all([
    lookAtFiles(host, sources, before?.files ?? []),
    Promise.all([
      ...(ports
        ? k3sAddresses(k3s, etcd !== undefined).map((it) => lookAtServer(ports, it, 'k3s', past))
        : []),
      ...endpoints.map((it) => lookAtServer(host, it, 'extra', past)),
    ]),
    k3s ? describe(host, k3s, before?.k3s) : undefined,
    ports ? askApi(ports, k3s, before?.api ?? []) : { api: [], unseen: [] },
    k3s || sources.length > 0 ? lookAtClock(host, before?.clock) : undefined,
  ])
  const files = sameFiles(
    looks.map((it) => it.seen).filter((it) => it !== undefined),
    before?.files,
  )
  const folders = wholeFolders(extra.folders, [
    ...twice,
    ...looks.filter((it) => !it.seen).map((it) => it.source),
  ])
  const { pairs, unseen: unpaired } = k3s
    ? await checkPairs(host, files, before?.pairs ?? [])
    : { pairs: [], unseen: [] }
  const gone = goneSince(before, about, looks)
  const blind = [
    ...own.unseen,
    ...people.unseen,
    ...extra.unseen,
    ...unnamed,
    ...blindSpots(looks, codes),
    ...served.flatMap((it) => it.blind ?? []),
    ...asked.unseen,
    ...unpaired,
  ]
  return {
    ...(about && { k3s: about }),
    files,
    ...(folders && { folders }),
    served: served.map((it) => it.served),
    ...(pairs.length > 0 && { pairs }),
    ...(gone.length > 0 && { gone }),
    ...(asked.api.length > 0 && { api: asked.api }),
    ...(clock && { clock }),
    ...(blind.length > 0 && { unseen: blind }),
  }
}

/**
 * Whether this server runs an etcd, and as which user: RKE2 can run it as a user of its own, who then owns its data.
 */
async function etcdOf(host: Host, { dataDir }: K3s): Promise<{ readonly uid?: number } | undefined> {
  try {
    return await host.stat(`${dataDir}/server/db/etcd`)
  } catch (error) {
    return error instanceof HostError && error.code === 'denied' ? {} : undefined
  }
}

/**
 * All sources, each path once: a file that k3s uses is treated as k3s's even if a kubeconfig or the settings name it too.
 * `twice`: those of the settings that are treated as others'.
 */
function merged(own: readonly Source[], people: readonly Source[], extra: readonly Source[]) {
  const first = new Map<string, Source>()
  for (const it of [...own.filter((one) => !one.loose), ...people])
    if (!first.has(it.path)) first.set(it.path, it)
  const twice = extra.filter((it) => first.has(it.path))
  const others = twice.length > 0 ? extra.filter((it) => !first.has(it.path)) : extra
  const loose = own.filter((it) => it.loose && !first.has(it.path))
  const named = new Set(loose.length > 0 ? others.map((it) => it.path) : [])
  return {
    sources: [...first.values(), ...others, ...loose.filter((it) => !named.has(it.path))],
    twice,
  }
}

/**
 * The states of the folders of which every file is among those that were seen as the settings': of the others nobody
 * could tell by these what they hold.
 */
function wholeFolders(
  folders: Readonly<Record<string, string>>,
  unseen: readonly Source[],
): CertsSample['folders'] | undefined {
  const parts = new Set(unseen.map((it) => dirname(it.path)))
  const whole = Object.entries(folders).filter(([path]) => !parts.has(path))
  return whole.length > 0 ? Object.fromEntries(whole) : undefined
}

type Looks = readonly (Look & { readonly source: Source })[]

/** Reads the files, and then the files that kubeconfigs among them name. */
async function lookAtFiles(
  host: Host,
  sources: readonly Source[],
  past: readonly SeenFile[],
): Promise<{ readonly looks: Looks; readonly unnamed: readonly Unseen[] }> {
  const looks = await lookAtAll(host, sources, past)
  const more = namedIn(looks.flatMap((it) => it.seen ?? []))
  return {
    looks: more.sources.length > 0 ? [...looks, ...(await lookAtAll(host, more.sources, past))] : looks,
    unnamed: more.unseen,
  }
}

/**
 * Certificates that the running k3s used and that no longer exist: `certificate rotate` deletes them, and only a
 * restart creates new ones.
 */
function goneSince(before: CertsSample | undefined, now: CertsSample['k3s'], looks: Looks): string[] {
  const same = before?.k3s?.running && now?.running && before.k3s.running.since === now.running.since
  if (!same || before.k3s?.dataDir !== now.dataDir) return []
  const own = looks.filter((it) => it.source.of === 'k3s')
  const here = new Set(own.flatMap((it) => (it.seen || it.blind ? [it.source.path] : [])))
  const had = before.files.filter((it) => it.of === 'k3s' && !it.loose && it.path.endsWith('.crt'))
  const folders = new Set(own.map((it) => dirname(it.source.path)))
  const missing = [...had.map((it) => it.path), ...(before.gone ?? [])].filter((path) => !here.has(path))
  // A folder in which no file was seen may be unreadable, so nothing in it counts as gone.
  return [...new Set(missing)]
    .filter((path) => folders.has(path.slice(0, path.lastIndexOf('/'))))
    .slice(0, 50)
}

/** The version that a restart would start; asked again only when the program on disk has changed. */
async function describe(
  host: Host,
  { distribution, role, unit, dataDir, running, binary, flags }: K3s,
  before: CertsSample['k3s'],
): Promise<NonNullable<CertsSample['k3s']>> {
  const stat = await orNothing(host.stat(binary))
  const stamp = stat && stampOf(stat, host.now())
  const same = before?.version && stamp && before.binary === stamp
  const version = same ? before.version : await k3sVersion(host, { binary })
  const port = flags['https-listen-port']?.at(-1)
  return {
    ...{ distribution, role, unit, dataDir },
    ...(port && { port }),
    ...(running && { running }),
    ...(version && { version }),
    ...(version && stamp && { binary: stamp }),
  }
}

/** Files that exist but may not be read: those of k3s in one sentence, since one reason stops all of them. */
function blindSpots(looks: Looks, codes: readonly string[]): Unseen[] {
  const blind = looks.filter((it) => it.blind)
  const own = blind.filter((it) => it.source.of !== 'extra')
  const others = own.length > 1 ? ` and ${own.length - 1} more` : ''
  const [first] = own
  return [
    ...(first ? [unseen(`${first.source.path}${others}`, first.blind, codes)] : []),
    // These files keep what was last read of them, so their verdicts need not be held.
    ...blind
      .filter((it) => it.source.of === 'extra')
      .slice(0, 20)
      .map((it) => unseen(it.source.path, it.blind, [])),
  ]
}
