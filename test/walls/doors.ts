import { importsOf, sourcesOf, textOf, type Wall } from './sources.ts'

/** Each library has one door, so that it can be replaced, watched and reasoned about in one place. */
export const doors: Readonly<Record<string, readonly [places: string, why: string]>> = {
  undici: [
    'agent/delivery',
    'only the postman speaks HTTP to the outside, so timeouts, redaction and retries stand once',
  ],
  nodemailer: [
    'agent/delivery/mail.ts',
    'only the postman speaks SMTP, bounded as his HTTP is; what a mail says is a matter of values',
  ],
  pino: ['agent/daemon/log.ts', 'what must never be printed is said once'],
  'node-cron': [
    'agent/daemon/schedule.ts agent/config/cron.ts',
    'time comes from one clock; the settings ask whether it understands what people wrote',
  ],
  typebox: ['agent/config/checks.ts', 'settings are declared as data; only their check needs a library'],
  yaml: [
    'agent/config',
    'only the settings are YAML; what comes from the node is not parsed by a library as root',
  ],
  commander: ['agent/program.ts', 'argv ends there'],
  'prom-client': ['agent/api/metrics.ts', 'metrics are one view of the snapshot'],
  systeminformation: [
    'agent/host/hardware-look.ts',
    'its functions block and run commands, so it is only loaded in a worker thread that ends',
  ],
  'node:sqlite': [
    'agent/state/',
    'state has one owner; whoever reads it without a daemon reads it through the same checks',
  ],
  'node:child_process': [
    'agent/host/command.ts agent/daemon/systemd.ts',
    'every command of the node has a timeout, an abort and a limit; systemd-notify is the only other',
  ],
  'node:net': [
    'agent/host/ agent/delivery/ agent/api/ask.ts collectors/',
    'its address arithmetic is for all; beyond that nothing opens a connection that is not bounded',
  ],
  'node:tls': [
    'agent/host/tls.ts agent/host/get.ts',
    'only handshakes, bounded; and the connections of questions that may stay open',
  ],
  'node:dns': [
    'agent/host/dns.ts agent/delivery/addresses.ts',
    'a question has a server, a timeout and an end; the other finds the sinks',
  ],
  bcryptjs: ['agent/api/accounts.ts', 'one password at a time: each takes a tenth of a second of a core'],
  'node:https': [
    'agent/host/get.ts agent/host/connections.ts agent/api/listen-tls.ts',
    "only this node is asked, with a bound on everything; the outside is the postman's. The other answers for the metrics",
  ],
  'node:http': [
    'agent/api/ agent/host/get.ts',
    "the socket, both ends of it; and what this node's own services say on loopback",
  ],
}

/** Types may come from anywhere: nothing of a library is there when they are. */
export const closedDoors: Wall = (root) =>
  sourcesOf(root).flatMap((path) =>
    importsOf(root, path).flatMap(({ name, typeOnly }) => {
      const library = Object.keys(doors).find((it) => name === it || name.startsWith(`${it}/`))
      const [places, why] = (library && doors[library]) ?? []
      if (places && !typeOnly && !places.split(' ').some((it) => path.startsWith(it)))
        return [`${path} imports ${name}, whose door is ${places}: ${why}`]
      if (!library && /^[a-z@]/.test(name) && !/^(node:|(agent|collectors|systemd|test)\/)/.test(name))
        return [
          `${path} imports ${name}, which has no door; name one in test/walls/doors.ts, with the reason, and in ARCHITECTURE.md`,
        ]
      return []
    }),
  )

const portsDoor = 'collectors/node/k3s-ports.ts'
/** The other one: whoever listens is shown nothing before it has shown a certificate of the cluster's own authority. */
const verifiedDoor = 'collectors/node/kube-api.ts'

/** Whether each question names the authority that the server's certificate is held against. */
const isVerified = (text: string) =>
  !/\bhost\s*\.handshake\(/.test(text) &&
  text
    .split(/\bhost\s*\.get\(/)
    .slice(1)
    .every((it) => /^\{[^}]*\bauthority\b/.test(it))

/** Asks those of other nodes, of which nobody here knows who listens: it shows nothing, and believes only that somebody answers. */
const othersDoor = 'collectors/cni/reach-ask.ts'

/** Who asks k3s's ports: collectors have no other ports of this node to ask. */
export const portsAsked: Wall = (root) =>
  sourcesOf(root)
    .filter((path) => path.startsWith('collectors/') && path !== portsDoor)
    .filter((path) =>
      (path === othersDoor ? /\bhost\s*\.get\(/ : /\bhost\s*\.(get|handshake)\(/).test(textOf(root, path)),
    )
    .filter((path) => path !== verifiedDoor || !isVerified(textOf(root, path)))
    .map(
      (path) => `${path} asks a port itself: any account can listen there; ${portsDoor} looks who does first`,
    )
