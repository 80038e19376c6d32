import { connect } from 'node:net'

/** A program of its own that connects again and again to the socket it is told, and never asks. */
const [socket = ''] = process.argv.slice(2)

async function flood(): Promise<never> {
  for (;;) {
    const it = connect(socket)
    it.on('error', () => undefined)
    // Otherwise it would not notice that it was sent away.
    it.resume()
    await new Promise((resolve) => it.once('connect', resolve).once('error', resolve))
  }
}
await Promise.all(Array.from({ length: 8 }, flood))
