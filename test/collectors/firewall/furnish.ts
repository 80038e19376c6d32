import { printed } from './look.ts'
import type { Namespace } from './namespace.ts'

/** Puts the recorded rules of a healthy node, with their sets, into a namespace, in place of what is there. */
export async function asHealthy({ run }: Namespace, how: 'nft' | 'legacy' = 'nft'): Promise<void> {
  await run(['ipset', 'restore', '-exist'], await printed('healthy', 'ipset list -o save'))
  await run([`iptables-${how}-restore`], await printed('healthy'))
  await run([`ip6tables-${how}-restore`], await printed('healthy', 'ip6tables-nft-save'))
}

/** The recorded IPv4 rules beside what is there already. */
export async function asHealthyBeside(
  { run }: Namespace,
  { how = 'nft', only = /[\s\S]*/ }: { how?: 'nft' | 'legacy'; only?: RegExp } = {},
): Promise<void> {
  await run(['ipset', 'restore', '-exist'], await printed('healthy', 'ipset list -o save'))
  const text = (only.exec(await printed('healthy'))?.[0] ?? '').replace(
    /^:(INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING) .*\n/gm,
    '',
  )
  await run([`iptables-${how}-restore`, '--noflush'], text)
}

/** Something that listens where sshd would. */
export async function asSshd({ start }: Namespace, port = 22): Promise<void> {
  const script = `require('net').createServer((it) => it.end()).listen(${port}, '0.0.0.0', () => console.log('on'))`
  const child = start([process.execPath, '-e', script])
  await new Promise((resolve) => child.stdout?.once('data', resolve))
}

/** ufw with files of its own, off. */
export async function withUfw(it: Namespace, folder: string): Promise<void> {
  await it.sh(`cp -a /etc/ufw '${folder}/ufw'; cp /etc/default/ufw '${folder}/default'
    mount --bind '${folder}/ufw' /etc/ufw; mount --bind '${folder}/default' /etc/default/ufw
    mount -t tmpfs none /run`)
}

/** Lets `iptables`, and what calls it, write to the legacy backend. */
export const asLegacy = (it: Namespace) =>
  it.sh(
    'mount --bind "$(readlink -f "$(command -v xtables-legacy-multi)")" "$(readlink -f "$(command -v iptables)")"',
  )
