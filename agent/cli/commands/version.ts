import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { line } from '../../text/sanitize.ts'
import { isNewer } from '../../text/versions.ts'
import { readVersion } from '../version.ts'
import { type Exit, print, Refusal } from './common.ts'

export interface VersionArguments {
  /** Ask whether there is a newer one. */
  readonly check?: boolean
  /** The install.sh that knows where releases are; for tests. */
  readonly installer?: string
}

/**
 * Which version this is. With `check` also whether there is a newer one where this one was installed from: exit code 1
 * if so. Nobody is asked otherwise: Murphy neither looks for newer versions by itself nor installs any.
 */
export async function version({ check = false, installer = installed() }: VersionArguments): Promise<Exit> {
  const own = readVersion()
  print(`murphy ${own}, node ${process.version}\n`)
  if (!check) return 0
  const text = installer === undefined ? '' : readFileSync(installer, 'utf8')
  const [place = '', keys = ''] = ['place', 'keys'].map(
    (it) => new RegExp(`^${it}='([^']*)'$`, 'm').exec(text)?.[1],
  )
  if (!place || !keys)
    throw new Refusal(
      'it is not known where newer versions are: this one was not installed from a published release',
      3,
    )
  const from = place.replace(/^file:\/\//, '').replace(/\/$/, '')
  const { newestVersion } = await import('../../delivery/newest.ts')
  const newest = await newestVersion({ place: from, keys: keys.split(' ') }).catch((error: Error) => {
    throw new Refusal(`could not ask ${place} for the newest version: ${line(error.message, 200)}`, 3, {
      cause: error,
    })
  })
  if (!isNewer(newest, own)) {
    print(`It is the newest: ${place} has ${newest}.\n`)
    return 0
  }
  print(`${newest} is newer. Upgrade: sh ${installer} --channel stable\n`)
  return 1
}

/** In the bundle it is beside the folder of the program; in a checkout, at the root. */
const installed = () =>
  ['../install.sh', '../../../install.sh']
    .map((it) => fileURLToPath(new URL(it, import.meta.url)))
    .find((it) => existsSync(it))
