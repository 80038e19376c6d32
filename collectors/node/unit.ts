import type { Host } from '../../agent/model/index.ts'
import { exists, orNothing } from './ask.ts'
import { execStart, parseEnvironment, roleOf, unitValues, words } from './flags.ts'
import type { Process } from './process.ts'

/** A systemd unit that starts k3s or RKE2. */
export interface Unit {
  /** Without `.service`. */
  readonly name: string
  readonly distribution: 'k3s' | 'rke2'
  readonly role: 'server' | 'agent'
  readonly argv: readonly string[]
  /** `Restart=always`: systemd starts it again however it ends, unless it was stopped. */
  readonly always?: true
  /** From `Environment=` and `EnvironmentFile=`. */
  readonly environment: Readonly<Record<string, string>>
}

/** Where units are, highest priority first (systemd.unit(5)). */
const folders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
]
/** `k3s.service`, `k3s-agent.service`, and `k3s-<INSTALL_K3S_NAME>.service`. */
const unitNames = /^((k3s|rke2)(?:-[\w.@-]+)?)\.service$/

/** The unit of the running `process`, or the one that would start a node here. */
export async function findUnit(host: Host, process?: Process): Promise<Unit | undefined> {
  const units = new Map<string, Unit>()
  for (const folder of folders)
    for (const { name } of (await orNothing(host.list(folder))) ?? []) {
      const [, unit, distribution] = unitNames.exec(name) ?? []
      if (!unit || !distribution || units.has(unit)) continue
      const found = await readUnit(host, folder, unit, distribution as 'k3s' | 'rke2')
      if (found) units.set(unit, found)
    }
  const all = [...units.values()]
  if (process) {
    const same = all.filter((it) => it.distribution === process.distribution)
    return (
      same.find((it) => it.name === process.unit) ?? same.find((it) => it.role === process.role) ?? same[0]
    )
  }
  if (all.length < 2) return all[0]
  for (const unit of all)
    if (await exists(host, `${folders[0]}/multi-user.target.wants/${unit.name}.service`)) return unit
  return all[0]
}

async function readUnit(
  host: Host,
  folder: string,
  name: string,
  distribution: 'k3s' | 'rke2',
): Promise<Unit | undefined> {
  const file = await orNothing(host.text(`${folder}/${name}.service`))
  if (file === undefined) return undefined
  const text = [file, ...(await dropIns(host, name))].join('\n')
  const argv = execStart(text)
  const role = roleOf(argv)
  if (!role) return undefined
  const environment = parseEnvironment(unitValues(text, 'Environment').flatMap(words).join('\n'))
  for (const value of unitValues(text, 'EnvironmentFile')) {
    const path = value.replace(/^-/, '').replaceAll('%N', name).replaceAll('%n', `${name}.service`)
    Object.assign(environment, parseEnvironment((await orNothing(host.text(path))) ?? ''))
  }
  const always = unitValues(text, 'Restart').at(-1) === 'always'
  return { name, distribution, role, argv, environment, ...(always && { always }) }
}

/**
 * The drop-ins of a unit (from `systemctl edit`, for example) in the order in which systemd applies them: by file name.
 */
async function dropIns(host: Host, name: string): Promise<string[]> {
  const paths = new Map<string, string>()
  for (const folder of folders)
    for (const entry of (await orNothing(host.list(`${folder}/${name}.service.d`))) ?? [])
      if (entry.name.endsWith('.conf') && !paths.has(entry.name))
        paths.set(entry.name, `${folder}/${name}.service.d/${entry.name}`)
  const texts: string[] = []
  for (const [, path] of [...paths].sort(([a], [b]) => (a < b ? -1 : 1)))
    texts.push((await orNothing(host.text(path))) ?? '')
  return texts
}
