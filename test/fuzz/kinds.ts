import type { Kind } from './kind.ts'
import { der, kubeconfig, pem } from './kinds/certificates.ts'
import { names, statements } from './kinds/clients.ts'
import { config } from './kinds/config.ts'
import { dns } from './kinds/dns.ts'
import { iptables, nft, ufw } from './kinds/firewall.ts'
import { forms } from './kinds/forms.ts'
import { kmsg } from './kinds/kernel.ts'
import { letters } from './kinds/letters.ts'
import { cri } from './kinds/logs.ts'
import { network } from './kinds/network.ts'
import { nodes } from './kinds/nodes.ts'
import { processes } from './kinds/processes.ts'
import { redaction } from './kinds/redaction.ts'
import { hostileServers } from './kinds/replies.ts'
import { settings } from './kinds/settings.ts'
import { socket } from './kinds/socket.ts'
import { state } from './kinds/state.ts'

/** Every kind; a new one is a file and a line here. */
export const all: readonly Kind[] = [
  der,
  pem,
  kubeconfig,
  settings,
  config,
  kmsg,
  cri,
  forms,
  names,
  statements,
  iptables,
  nft,
  ufw,
  network,
  dns,
  hostileServers,
  letters,
  socket,
  state,
  redaction,
  processes,
  nodes,
]
