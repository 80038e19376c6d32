/** Runs the polls of the pod network in the network namespace of this process, and prints what they wake for. */
import { watching } from '../../../agent/daemon/watching.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { forwardingPolls } from '../../../collectors/cni/forwarding-poll.ts'
import { sampleOf } from './node.ts'

const sample = await sampleOf('healthy')
watching({
  machine: openMachine(),
  heard: (text) => console.log(text),
  log: (text) => console.log(text),
}).update(forwardingPolls(sample))
// The polls hold no handle of their own while they ask.
setInterval(() => {}, 1000)
console.log('begun')
