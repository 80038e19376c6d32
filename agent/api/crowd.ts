import type { Socket } from 'node:net'

/** The most connections at a time, beyond which the oldest makes room for the newest. */
const most = 32
/** The most that answers under way may weigh in memory, bytes: one of the largest kept rule sets, and much beside. */
const heaviest = 32 * 1024 * 1024
/** How long a question may take to arrive, and its answer to be taken, ms. Both are a matter of one, on this machine. */
const patience = { question: 2000, answer: 10_000 }

interface Guest {
  asked: boolean
  /** Bytes of the answer. */
  weight: number
  timer: NodeJS.Timeout
}

/** Whoever is connected, each for a while only, so that nobody can keep a person out or fill the memory. */
export interface Crowd {
  /** Someone came in. */
  enter(socket: Socket): void
  /** Their question is whole; the answer has that many bytes. */
  answer(socket: Socket, weight: number): void
}

/**
 * A connection that has not asked yet goes before one that waits for its answer, and the older before the
 * younger. So whoever asks at once is answered, however many others hold a connection and say nothing:
 * between coming in and having asked, fewer than `most` can come.
 */
export function crowd(): Crowd {
  const guests = new Map<Socket, Guest>()
  const ends = (socket: Socket, ms: number) => setTimeout(() => socket.destroy(), ms).unref()

  function leave(socket: Socket): void {
    clearTimeout(guests.get(socket)?.timer)
    guests.delete(socket)
  }
  /** Sends the oldest away that fits, sparing `kept`; the map has them in the order in which they came. */
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
      // Nobody who asks keeps an agent from stopping.
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
