import type { Socket } from 'node:net'

/** The most connections at a time; beyond that the oldest is closed for the newest. */
const most = 32
/** The most bytes of answers being sent: room for one of the largest artifacts and many small answers. */
const heaviest = 32 * 1024 * 1024
/** How long a question may take to arrive, and its answer to be read, ms. On one machine both take about 1 ms. */
const patience = { question: 2000, answer: 10_000 }

interface Guest {
  asked: boolean
  /** Bytes of the answer. */
  weight: number
  timer: NodeJS.Timeout
}

/** The open connections, limited in number, time and bytes, so that no client can block others or fill the memory. */
export interface Crowd {
  /** A client has connected. */
  enter(socket: Socket): void
  /** Its question has arrived in full; the answer has `weight` bytes. */
  answer(socket: Socket, weight: number): void
}

/**
 * When there are too many, connections that have not asked yet are closed first, the oldest of them before younger
 * ones. So a client that asks at once is answered, however many others connect and say nothing: in the moment between
 * its connection and its question, fewer than `most` others can connect.
 */
export function crowd(): Crowd {
  const guests = new Map<Socket, Guest>()
  const ends = (socket: Socket, ms: number) => setTimeout(() => socket.destroy(), ms).unref()

  function leave(socket: Socket): void {
    clearTimeout(guests.get(socket)?.timer)
    guests.delete(socket)
  }
  /** Closes the oldest connection that `fits`, other than `kept`; the map is in the order of arrival. */
  function sendAway(fits: (it: Guest) => boolean, kept: Socket): boolean {
    for (const [socket, guest] of guests) {
      if (socket === kept || !fits(guest)) continue
      leave(socket)
      socket.destroy()
      return true
    }
    return false
  }
  const weight = () => [...guests.values()].reduce((sum, it) => sum + it.weight, 0)

  return {
    enter(socket) {
      guests.set(socket, { asked: false, weight: 0, timer: ends(socket, patience.question) })
      socket.once('close', () => leave(socket))
      // An open connection must not keep the agent from stopping.
      socket.unref()
      while (guests.size > most)
        if (!sendAway((it) => !it.asked, socket) && !sendAway(() => true, socket)) break
    },
    answer(socket, bytes) {
      const guest = guests.get(socket)
      if (!guest) return
      clearTimeout(guest.timer)
      Object.assign(guest, { asked: true, weight: bytes, timer: ends(socket, patience.answer) })
      while (weight() > heaviest && sendAway((it) => it.weight > 0, socket));
    },
  }
}
