import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import { processPause, processPolls } from '../../../collectors/k3s/process-poll.ts'
import type { K3sSample } from '../../../collectors/k3s/sample.ts'
import { machine, process as processIn } from '../node/machine.ts'

const here = openMachine().during(new AbortController().signal)
const k3s = { distribution: 'k3s', role: 'server', dataDir: '/d', unit: 'k3s', binary: '/k3s' } as const
const pollOf = (running?: NonNullable<K3sSample['k3s']>['running']) => {
  const [it] = processPolls({ k3s: { ...k3s, ...(running && { running }) } })
  if (it?.kind !== 'poll') throw new Error('it is polled')
  return it
}

t.test('without k3s nothing is asked', async (t) => t.strictSame(processPolls({}), []))

t.test('the end of a real process changes the answer', async (t) => {
  const child = spawn('sleep', ['60'])
  const it = pollOf({ pid: child.pid ?? 0, since: 1 })
  t.equal(it.pause, processPause)
  t.equal(await it.ask(here), 'runs')
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.equal(await it.ask(here), 'ended')
  t.not(it.name, pollOf({ pid: 1, since: 1 }).name, 'another process is another question')
})

t.test('while it does not run, what starts in its unit does', async (t) => {
  const it = pollOf()
  const procs = '/sys/fs/cgroup/system.slice/k3s.service/cgroup.procs'
  const none = await it.ask(machine(t, processIn(7, 'sh', 'sh')))
  const pods = await it.ask(machine(t, { [procs]: '12\n13\n' }))
  const started = await it.ask(machine(t, { [procs]: '12\n13\n99\n' }))
  t.equal(new Set([none, pods, started]).size, 3)
})
