import { spawn } from 'node:child_process'
import { confined } from '../host/confine.ts'

/**
 * Sends systemd's service notifications. Node.js has no unix datagram sockets, so systemd's own `systemd-notify` sends
 * them; because that is a child process, the unit needs NotifyAccess=all. Without NOTIFY_SOCKET nothing is sent.
 */
export interface Supervisor {
  ready(): void
  stopping(): void
  stop(): void
}

export function supervisor(environment: NodeJS.ProcessEnv = process.env): Supervisor {
  if (!environment.NOTIFY_SOCKET) return { ready() {}, stopping() {}, stop() {} }
  const send = (...states: string[]) => {
    const [command = '', ...args] = confined(['systemd-notify', ...states])
    const child = spawn(command, args, { stdio: 'ignore', env: environment })
    // The next ping, or systemd itself, will show that this one failed.
    child.on('error', () => {})
  }
  const watchdog = Number(environment.WATCHDOG_USEC) / 1000
  const timer = watchdog > 0 ? setInterval(() => send('WATCHDOG=1'), watchdog / 2) : undefined
  timer?.unref()
  return {
    ready: () => send(`--pid=${process.pid}`, '--ready', '--status=watching this node'),
    stopping: () => send('STOPPING=1'),
    stop: () => clearInterval(timer),
  }
}
