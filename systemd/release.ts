import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { howToMake } from './release/keys.ts'
import { makeRelease, type ReleaseOptions } from './release/make.ts'
import { cpus } from './release/runtime.ts'
import { placeOf } from './release/stamp.ts'

/** What is typed, as what is to be made; throws the sentence that says what is missing. */
export function optionsFrom(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  root: string,
): Omit<ReleaseOptions, 'say'> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      key: { type: 'string' },
      'next-key': { type: 'string' },
      url: { type: 'string' },
      'runtime-archive': { type: 'string', multiple: true },
      cpu: { type: 'string', multiple: true },
      rpm: { type: 'boolean', default: false },
      level: { type: 'string', default: '6' },
    },
  })
  const key = values.key ?? env.MURPHY_SIGNING_KEY
  if (!key)
    throw new Error(`a release is signed: give --key FILE (or MURPHY_SIGNING_KEY), outside of the checkout.
To make one, once: ${howToMake}
A public key builds the same without the signature, to compare it with what is published.`)
  for (const it of [key, values['next-key'], ...(values['runtime-archive'] ?? [])])
    if (it && !existsSync(it)) throw new Error(`${it} is not there`)
  const only = values.cpu ?? cpus
  if (!only.every((it) => cpus.some((cpu) => cpu === it)))
    throw new Error(`--cpu is one of ${cpus.join(', ')}`)
  if (!/^[1-9]$/.test(values.level)) throw new Error('--level is 1 (quick) to 9 (small)')
  return {
    root,
    level: Number(values.level),
    cpus: cpus.filter((it) => only.includes(it)),
    into: join(root, 'dist/release'),
    key,
    ...(values['next-key'] ? { nextKey: values['next-key'] } : {}),
    ...(values.url ? { url: values.url.replace(/\/+$/, '') } : {}),
    archives: values['runtime-archive'] ?? [],
    rpm: values.rpm,
    time: timeOf(env.SOURCE_DATE_EPOCH, root),
  }
}

/** The time of everything in a release: what is asked for, else that of the commit, with which nothing may differ. */
function timeOf(asked: string | undefined, root: string): number {
  if (asked !== undefined) {
    if (!/^\d{1,11}$/.test(asked)) throw new Error('SOURCE_DATE_EPOCH is no number of seconds since 1970')
    return Number(asked)
  }
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
  if (!existsSync(join(root, '.git')))
    throw new Error('this is no checkout: say the time of the release by SOURCE_DATE_EPOCH')
  if (git('status', '--porcelain') !== '')
    throw new Error('there are changes that are not committed: nobody else could build this release')
  return Number(git('log', '-1', '--format=%ct'))
}

async function main(): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const options = optionsFrom(process.argv.slice(2), process.env, root)
  const { files } = await makeRelease({ ...options, say: console.log })
  for (const [name, size] of files)
    console.log(`${(size / 1e6).toFixed(1).padStart(6)} MB  dist/release/${name}`)
  if (!files.has('SHA256SUMS.sig')) console.log('not signed: the key is a public one')
  if (!placeOf(readFileSync(join(options.into, 'install.sh'), 'utf8')))
    console.log(
      'its install.sh knows no place to fetch from, and has to be told by MURPHY_URL; --url says one',
    )
}

if (import.meta.main)
  await main().catch((error: Error) => {
    console.error(`release: ${error.message}`)
    process.exitCode = 1
  })
