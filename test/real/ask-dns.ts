import { resolve } from '../../agent/host/dns.ts'
import { HostError } from '../../agent/model/index.ts'

/** Asks one DNS question, given as JSON, in the network namespace it is started in. Prints the answer as JSON. */
const answer = await resolve(JSON.parse(process.argv[2] ?? ''), new AbortController().signal).catch(
  (error: unknown) => {
    if (error instanceof HostError) return { code: error.code, message: error.message }
    throw error
  },
)
process.stdout.write(JSON.stringify(answer))
