import { type Handshake, type Host, HostError, type Probe } from '../../../agent/model/index.ts'

/** How another node answers here; what is absent is silent. */
export interface Answers {
  /** Its addresses, and the largest packet that each takes over UDP. */
  readonly udp?: Readonly<Record<string, number>>
  readonly ping?: Readonly<Record<string, number>>
  /** What its kubelet's port does at each address. */
  readonly tls?: Readonly<Record<string, 'speaks' | 'refuses' | 'no way' | 'odd'>>
  /** `busybox`: it knows no -M. */
  readonly program?: 'busybox' | 'none'
  readonly der?: Uint8Array
}

/** A Host on which another node answers so, and what it was asked. */
export function answering(base: Host, answers: Answers): { readonly host: Host; readonly asked: string[] } {
  const asked: string[] = []
  const { udp = {}, ping = {}, tls = {}, program, der = Uint8Array.of(1) } = answers
  const probe = async ({ address, size = 64 }: Probe) => {
    asked.push(`udp ${address} ${size}`)
    return { answer: size <= (udp[address] ?? 0) ? ('arrived' as const) : ('silence' as const) }
  }
  const handshake = async ({ host }: { host: string }): Promise<Handshake> => {
    asked.push(`tls ${host}`)
    const how = tls[host]
    if (how === 'speaks') return { certificates: [der], protocol: 'TLSv1.3' }
    if (how === 'refuses') throw new HostError('refused', 'nothing listens there (ECONNREFUSED)')
    if (how === 'no way') throw new HostError('refused', 'there is no way to that host (EHOSTUNREACH)')
    if (how === 'odd') throw new HostError('failed', 'it does not speak TLS')
    throw new HostError('timeout', 'no answer within 1.5 s')
  }
  const run: Host['run'] = async (argv, options) => {
    if (argv[0] !== 'ping') return base.run(argv, options)
    const address = argv.at(-1) ?? ''
    const size = argv.includes('-s') ? Number(argv[argv.indexOf('-s') + 1]) + 28 : 84
    asked.push(`ping ${address} ${size}`)
    if (program === 'none') throw new HostError('missing', 'there is no command ping on this machine')
    if (program === 'busybox' && argv.includes('-M'))
      return { stdout: '', stderr: "ping: invalid option -- 'M'\n", exit: 1 }
    const received = size <= (ping[address] ?? 0) ? 1 : 0
    const stdout = `PING ${address}\n\n--- ${address} ping statistics ---\n1 packets transmitted, ${received} received, ${received ? 0 : 100}% packet loss, time 0ms\n`
    return { stdout, stderr: '', exit: 1 - received }
  }
  return { host: { ...base, probe, handshake, run }, asked }
}
