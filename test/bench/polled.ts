import { execFileSync } from 'node:child_process'
import { openMachine } from '../../agent/host/machine.ts'
import type { Watch } from '../../agent/model/index.ts'
import { reachPolls } from '../../collectors/cni/reach-poll.ts'
import { among } from './among.ts'
import { cpuIn } from './measure.ts'

/**
 * What it costs to ask so many other nodes whether packets arrive, ms of CPU, in a namespace of its own: all are this
 * machine, so each answers at once. `node test/bench/polled.ts COUNT`
 */
const count = Number(process.argv[2])
const address = (at: number) => `10.${64 + (at >> 8)}.${at % 256}.1`
const lines = Array.from({ length: count }, (_, at) => `addr add ${address(at)}/32 dev lo`)
execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` })
const host = openMachine().during(new AbortController().signal)
const [poll] = reachPolls(among(count, address)) as Extract<Watch, { kind: 'poll' }>[]
if (!poll) throw new Error('nothing is polled')
const said = await poll.ask(host)
if (said !== '') throw new Error(`silent: ${said}`)
process.stdout.write(String(await cpuIn(() => poll.ask(host))))
process.exit()
