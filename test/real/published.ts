import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runtime } from './installing.ts'

/** A pair of keys as a release is signed with; `spki` is what install.sh holds of it. */
export function makeKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') }
}

export type Key = ReturnType<typeof makeKey>

const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
export const cpu = process.arch === 'arm64' ? 'arm64' : 'x64'

/** Writes the sums of all that lies in the folder, and the signature over them. */
export function signFolder(folder: string, { privateKey }: Key): void {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((it) => it.isFile() && !it.name.startsWith('SHA256SUMS'))
    .map((it) => it.name)
  const sums = names.sort().map((it) => `${digest(join(folder, it))}  ${it}\n`)
  writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''))
  writeFileSync(join(folder, 'SHA256SUMS.sig'), sign('sha256', Buffer.from(sums.join('')), privateKey))
}

/** This checkout's install.sh with the lines that a release fills in. */
export const stampedScript = (stamped: { place?: string; pinned?: string; keys?: string }) =>
  Object.entries(stamped).reduce(
    (text, [name, value]) => {
      const line = `${name}=''\n`
      if (!text.includes(line)) throw new Error(`install.sh has no line ${line}`)
      return text.replace(line, `${name}='${value}'\n`)
    },
    readFileSync(join(root, 'install.sh'), 'utf8'),
  )

/**
 * A release as it is published, flat in one folder: archive, install.sh, the channel `stable`, sums and signature. `agent`
 * is the text of its main.js or a folder with it, `node` its runtime (text or a file), by default a link to the one that runs here.
 */
export function publish(
  folder: string,
  {
    version,
    key,
    agent,
    node,
    place = '',
  }: { version: string; key: Key; agent: string; node?: string; place?: string },
): void {
  const name = `murphy-${version}-linux-${cpu}`
  const top = join(folder, '.making', name)
  mkdirSync(join(top, 'dist/agent'), { recursive: true })
  mkdirSync(join(top, 'runtime'))
  for (const it of ['LICENSE', 'systemd']) cpSync(join(root, it), join(top, it), { recursive: true })
  const script = stampedScript({ place, pinned: version, keys: key.spki })
  writeFileSync(join(top, 'install.sh'), script)
  if (agent.startsWith('/')) cpSync(agent, join(top, 'dist/agent'), { recursive: true })
  else writeFileSync(join(top, 'dist/agent/main.js'), agent)
  writeFileSync(join(top, 'dist/agent/package.json'), JSON.stringify({ version, type: 'module' }, null, 2))
  if (node?.startsWith('#!')) writeFileSync(join(top, 'runtime/node'), node, { mode: 0o755 })
  else if (node) cpSync(node, join(top, 'runtime/node'))
  else symlinkSync(join(runtime, 'node'), join(top, 'runtime/node'))
  const archive = join(folder, `${name}.tar.gz`)
  const packing = [
    '--owner=0',
    '--group=0',
    '-I',
    'gzip -1',
    '-cf',
    archive,
    '-C',
    join(folder, '.making'),
    name,
  ]
  execFileSync('tar', packing)
  execFileSync('rm', ['-r', join(folder, '.making')])
  writeFileSync(join(folder, 'install.sh'), script)
  writeFileSync(join(folder, 'stable'), `${version}\n`)
  signFolder(folder, key)
}
