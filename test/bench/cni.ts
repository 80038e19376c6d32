import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { parseConfig } from '../../agent/config.ts'
import { startDaemon } from '../../agent/daemon.ts'
import { type Machine, openMachine } from '../../agent/host.ts'
import { openLog } from '../../agent/log.ts'
import type { Host } from '../../agent/model.ts'
import { recordedNode } from '../../agent/recorded.ts'
import { sinks } from '../../agent/sinks/index.ts'
import { openStore } from '../../agent/store.ts'
import { resultsFolder } from '../../collectors/cni/pods.ts'
import { cni } from '../../collectors/cni.ts'
import { cable, lacking, realNode, sh } from '../real/cninode.ts'

/**
 * `node test/bench/cni.ts [PODS] [TRIES]`, as root: what a round costs on a node with 250 pods, against
 * `ip -j link` alone, and the time from `ip link del cni0` to the POST at a sink. Bridge, veths, VXLAN and
 * DNS are real, in a network namespace in which all of this runs; only k3s's files are recorded.
 */
const [mode = '250', ...rest] = process.argv.slice(2)
if (mode === 'inside') await inside(rest[0] ?? '', Number(rest[1]))
else if (lacking) process.stdout.write(`not run: ${lacking}\n`)
else await outside(Number(mode), Number(rest[0] ?? 100))

async function outside(pods: number, tries: number): Promise<void> {
  const node = realNode()
  try {
    cable(node)
    node.join(1)
    await node.nameserver()
    node.ip('link add cni0 mtu 1450 type bridge')
    node.ip('addr add 10.42.0.1/24 dev cni0')
    node.ip('link set cni0 up')
    const name = (at: number) => `veth${at.toString(16).padStart(8, '0')}`
    sh(`ip netns add ${node.namespace}-pods`)
    const lines = Array.from(
      { length: pods },
      (_, at) =>
        `link add ${name(at)} mtu 1450 type veth peer name p${at} netns ${node.namespace}-pods\nlink set ${name(at)} master cni0 up`,
    )
    sh(`${node.inside.join(' ')} ip -batch -`, {}, `${lines.join('\n')}\n`)
    for (let at = 0; at < pods; at += 1) {
      const sandbox = `/run/netns/${node.namespace}-pods`
      const result = {
        interfaces: [{ name: 'cni0' }, { name: name(at) }, { name: 'eth0', sandbox }],
        ips: [{ address: `10.42.${Math.floor(at / 250)}.${(at % 250) + 2}/24` }],
      }
      const cniArgs = [
        ['K8S_POD_NAMESPACE', 'default'],
        ['K8S_POD_NAME', `web-${at}`],
      ]
      const id = at.toString(16).padStart(13, '0').padEnd(64, '0')
      node.write(`${resultsFolder}/cbr0-${id}-eth0`, JSON.stringify({ cniArgs, result }))
    }
    process.stdout.write(
      sh(
        `ip netns exec ${node.namespace} ${process.execPath} ${import.meta.filename} inside ${node.folder} ${tries}`,
      ),
    )
  } finally {
    sh(`ip netns del ${node.namespace}-pods || true`)
    node.close()
  }
}

/** CPU of this process and of what it ran, ms (proc_pid_stat(5): utime, stime, cutime, cstime in 10 ms). */
function cpu(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return [11, 12, 13, 14].reduce((sum, at) => sum + (fields[at] ?? 0), 0) * 10
}

async function costOf(times: number, work: () => Promise<unknown>): Promise<string> {
  await work()
  const before = cpu()
  const begun = performance.now()
  for (let it = 0; it < times; it += 1) await work()
  const wall = (performance.now() - begun) / times
  return `${((cpu() - before) / times).toFixed(1)} ms CPU, ${wall.toFixed(1)} ms`
}

async function inside(folder: string, tries: number): Promise<void> {
  const recorded = recordedNode(folder)
  const machine = openMachine()
  let skew = recorded.now() + 600_000 - Date.now()
  const now = () => Date.now() + skew
  const kernels = (path: string) => /^\/(proc\/net|proc\/sys\/net|sys\/class\/net)\//.test(path)
  const hostOf = (real: Host): Host => ({
    ...real,
    now,
    read: recorded.read,
    text: (path, options) => (kernels(path) ? real.text(path, options) : recorded.text(path, options)),
    list: (path) => (path === '/run/netns' ? real.list(path) : recorded.list(path)),
    stat: recorded.stat,
    target: recorded.target,
  })
  const host = hostOf(machine.during(new AbortController().signal))
  const say = (text: string) => process.stdout.write(`${text}\n`)

  let past: Parameters<typeof cni.collect>[2] = { heard: [] }
  const look = async () => {
    const sample = await cni.collect(host, {}, past)
    past = { sample, at: now(), heard: [] }
    return sample
  }
  const sample = await look()
  const pods = Object.keys(sample.pods ?? {}).length
  say(
    `${pods} pods, ${sample.peers?.length} peer, DNS ${sample.dns?.rcode}; findings: ${
      cni
        .assess(sample, past, {}, now())
        .map((it) => it.code)
        .join(' ') || 'none'
    }`,
  )
  say(`sample: ${JSON.stringify(sample).length} bytes`)
  say(`\`ip -j link\` alone:  ${await costOf(20, () => host.run(['ip', '-j', 'link']))}`)
  say(`one round:           ${await costOf(20, look)}`)

  const arrived: { at: number; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => (body += part))
    request.on('end', () => {
      arrived.push({ at: performance.now(), body })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const config = parseConfig(`node: node1\nsinks:\n  - { type: webhook, url: "${url}" }\n`, {
    file: 'bench',
    collectors: [cni],
    sinks,
  })
  const wrapped: Machine = { ...machine, during: (signal) => hostOf(machine.during(signal)) }
  const store = openStore(`${folder}/state`, now())
  const log = openLog({ level: 'error', write: () => {} })
  const daemon = startDaemon({
    config,
    collectors: [cni],
    sinks,
    machine: wrapped,
    store,
    log,
    version: '0',
    now,
  })
  await daemon.ready
  await pause(1000)

  const veths =
    (sample.interfaces?.ports.cni0 ?? 0) > 0 ? Object.values(sample.pods ?? {}).map((it) => it.veth) : []
  const ip = (command: string) => host.run(['ip', ...command.split(' ')])
  const batch = `${folder}/mend`
  writeFileSync(
    batch,
    [
      'link add cni0 mtu 1450 type bridge',
      'addr add 10.42.0.1/24 dev cni0',
      'link set cni0 up',
      ...veths.map((it) => `link set ${it} master cni0`),
    ].join('\n'),
  )
  const took: number[] = []
  for (let it = 0; it < tries; it += 1) {
    // A fault comes after a quiet spell, not in the middle of the last one's repair, nor as one of many.
    skew += 11 * 60_000
    arrived.length = 0
    const begun = performance.now()
    await ip('link del cni0')
    const told = () =>
      arrived.find(({ body }) => body.includes('cni.bridge-missing') && body.includes('opened'))
    for (let waits = 0; waits < 5000 && !told(); waits += 1) await pause(1)
    took.push((told()?.at ?? Number.POSITIVE_INFINITY) - begun)
    await ip(`-batch ${batch}`)
    const last = () => daemon.snapshot().collectors[0]?.last ?? 0
    // Until all is well and every look that was asked for meanwhile has been: none is to stand in the next one's way.
    for (let seen = -1; seen !== last() || daemon.snapshot().state !== 'ok'; ) {
      if (seen === last()) {
        skew += 60_000
        await ip('addr add 10.42.0.254/32 dev cni0')
        await ip('addr del 10.42.0.254/32 dev cni0')
      }
      seen = last()
      await pause(1200)
    }
  }
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))]?.toFixed(0)
  say(
    `from \`ip link del cni0\` to the POST, ${tries} tries: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${took.at(-1)?.toFixed(0)} ms`,
  )
  await daemon.stop()
  machine.close()
  server.close()
}
