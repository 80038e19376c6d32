import type { Host } from '../../../agent/model/index.ts'
import { exists } from '../../node/ask.ts'

/*
 * The ports on which SSH is configured to listen. Which process owns a socket is visible to root alone, so the
 * configured ports are compared with those on which something listens.
 */
const sshd = '/etc/ssh/sshd_config'
const parts = '/etc/ssh/sshd_config.d'
/** Options for the command line of sshd, on Debian and on Red Hat, and of dropbear. */
const defaults = ['/etc/default/ssh', '/etc/sysconfig/sshd', '/etc/default/dropbear']

/** Units with which systemd listens in place of sshd, as Ubuntu does since 22.10 (systemd.socket(5)). */
const sockets = ['ssh.socket', 'sshd.socket']
const enabled = '/etc/systemd/system/sockets.target.wants'
/** Where units are, highest priority first (systemd.unit(5)). */
const units = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']
/** Ubuntu's generator writes a drop-in here with the ports of sshd_config. */
const generated = '/run/systemd/generator'
const mostFiles = 50

/** Files whose change should start a collector run. */
export const sshFiles: readonly string[] = [sshd, parts, ...sockets.map((it) => `${units[0]}/${it}.d`)]

const read = (host: Host, path: string) => host.text(path).catch(() => '')
const confsIn = async (host: Host, folder: string) =>
  (await host.list(folder).catch(() => []))
    .map(({ name }) => name)
    .filter((it) => it.endsWith('.conf'))
    .slice(0, mostFiles)

/** Sorted, and never empty: 22 where nothing is configured. */
export async function configuredPorts(host: Host): Promise<readonly number[]> {
  const others = await Promise.all(defaults.map(async (it) => optionPorts(await read(host, it))))
  const bySystemd = (await Promise.all(sockets.map((it) => socketPorts(host, it)))).flat()
  const found = [...others.flat(), ...(bySystemd.length > 0 ? bySystemd : await sshdPorts(host))]
  return [...new Set(found.length > 0 ? found : [22])].sort((a, b) => a - b)
}

async function sshdPorts(host: Host): Promise<readonly number[]> {
  const files = [sshd, ...(await confsIn(host, parts)).map((it) => `${parts}/${it}`)]
  return (await Promise.all(files.map(async (it) => configPorts(await read(host, it))))).flat()
}

/** The ports of a systemd socket unit; empty where it is not enabled. */
async function socketPorts(host: Host, unit: string): Promise<readonly number[]> {
  if (!(await exists(host, `${enabled}/${unit}`))) return []
  let text = ''
  for (const folder of units) text ||= await read(host, `${folder}/${unit}`)
  const folders = [...units, generated].map((it) => `${it}/${unit}.d`)
  const named = await Promise.all(
    folders.map(async (folder) => (await confsIn(host, folder)).map((name) => ({ name, folder }))),
  )
  // Drop-ins apply in the order of their names, whatever folder they are in; of two with the same name the first
  // counts.
  const first = new Map(
    named
      .flat()
      .toReversed()
      .map((it) => [it.name, it.folder]),
  )
  for (const [name, folder] of [...first].sort(([a], [b]) => (a < b ? -1 : 1)))
    text += `\n${await read(host, `${folder}/${name}`)}`
  return listenPorts(text)
}

const port = (text: string | undefined) => {
  const number = text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : 0
  return number > 0 && number < 65_536 ? [number] : []
}

/** Ports in the text of an sshd_config (sshd_config(5): Port, and the ports of ListenAddress). */
export function configPorts(text: string): number[] {
  const found = text.split('\n').flatMap((line) => {
    const [, key = '', value = ''] = /^\s*(Port|ListenAddress)[\s=]+"?([^\s"#]+)/i.exec(line) ?? []
    if (key.toLowerCase() === 'port') return port(value)
    return port((/^\[[^\]]*\]:(\d+)$/.exec(value) ?? /^[^:]+:(\d+)$/.exec(value))?.[1])
  })
  return [...new Set(found)]
}

/** Ports in the text of a socket unit and its drop-ins, in order; an empty ListenStream clears those before it. */
export function listenPorts(text: string): number[] {
  const found: number[] = []
  for (const [, value = ''] of text.matchAll(/^[ \t]*ListenStream[ \t]*=[^\S\n]*(\S*)/gm))
    if (value === '') found.length = 0
    else found.push(...port(/^(?:.*:)?(\d+)$/.exec(value)?.[1]))
  return [...new Set(found)]
}

/** `SSHD_OPTS="-p 2222"`, `OPTIONS=…`, `DROPBEAR_PORT=2222`, `DROPBEAR_EXTRA_ARGS="-p 192.0.2.1:2222"`. */
export function optionPorts(text: string): number[] {
  return text.split('\n').flatMap((line) => {
    const [, key = '', value = ''] =
      /^\s*(SSHD_OPTS|OPTIONS|DROPBEAR_EXTRA_ARGS|DROPBEAR_PORT)=(.*)$/.exec(line) ?? []
    if (key === 'DROPBEAR_PORT') return port(/^["']?(\d+)/.exec(value)?.[1])
    return [...value.matchAll(/(?:^|[\s"'])-p\s*(?:[^\s"']*:)?(\d+)/g)].flatMap(([, it]) => port(it))
  })
}
