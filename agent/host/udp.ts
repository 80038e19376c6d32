import { createSocket, type Socket } from 'node:dgram'
import { isIP } from 'node:net'

/**
 * The one UDP port that Murphy's unit lets it bind (SocketBindAllow in systemd/murphy.service): Node.js binds each UDP
 * socket before it connects it. Beyond the ports that Linux gives out (ip_local_port_range, 32768 to 60999) and those of
 * NodePorts. All sockets share it, each connected to its own peer, so none hears anybody else.
 */
export const ownPort = 61_441

/**
 * A UDP socket connected to one port of one address, so that it is told of ICMP errors. `connected` may send; an error
 * of the socket's own comes as `error`. The caller closes it.
 */
export function udpTo(address: string, port: number, connected: (socket: Socket) => void): Socket {
  const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', reuseAddr: true })
  socket.bind({ port: ownPort, exclusive: true }, () =>
    // Where there is no way to the network, the callback is given that error, and nothing else is told of it.
    socket.connect(port, address, (error?: Error) => {
      if (error) socket.emit('error', error)
      else connected(socket)
    }),
  )
  return socket
}
