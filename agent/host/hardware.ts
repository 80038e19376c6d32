import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Sample } from '../model/index.ts'
import { listed } from '../text/lists.ts'
import { line } from '../text/sanitize.ts'
import { size } from '../text/sizes.ts'

/** What machine this is. Texts are the vendor's own. */
export interface Hardware {
  /** Manufacturer and model; empty where neither is known. */
  readonly board: string
  /** On a virtual machine: of what kind. */
  readonly virtual?: string
  readonly cpu: string
  /** Logical ones; 0 where not known. */
  readonly cores: number
  /** Sizes in bytes. */
  readonly disks: readonly {
    readonly name: string
    readonly size: number
    readonly kind: string
    readonly model?: string
  }[]
}

/** How long the look may take, ms: on a small board with a slow card some seconds. */
const patience = 20_000
const mostDisks = 8
/** A list of disks that is longer than this, in characters, is not believed. */
const longestAnswer = 64 * 1024

/** In a checkout the source, in the bundle what was made of it; both lie beside this file. */
const look = new URL(
  import.meta.url.endsWith('.ts') ? './hardware-look.ts' : './hardware-look.js',
  import.meta.url,
)

// Without a file of its own, as the bundle knows only the one above.
const script = `const { parentPort, workerData } = require('node:worker_threads')
import(workerData).then((it) => it.lookAtHardware()).then((it) => parentPort.postMessage(JSON.stringify(it)))`

/**
 * Looks once, in a worker thread that has ended when this resolves; undefined where that failed or took more than
 * `timeout` ms. Never rejects. `module`: where `lookAtHardware` is.
 */
export async function readHardware(timeout = patience, module = look): Promise<Hardware | undefined> {
  const worker = new Worker(script, {
    eval: true,
    workerData: module.href,
    resourceLimits: { maxOldGenerationSizeMb: 48 },
    // Its words are nobody's, and a terminal is for what was asked.
    ...{ stdout: true, stderr: true },
  })
  worker.unref()
  let timer: NodeJS.Timeout | undefined
  const answer = await new Promise<string | undefined>((resolve) => {
    timer = setTimeout(resolve, timeout, undefined)
    worker.once('message', resolve)
    worker.once('error', () => resolve(undefined))
    worker.once('exit', () => resolve(undefined))
  })
  clearTimeout(timer)
  await worker.terminate()
  return answer === undefined ? undefined : parsed(answer)
}

/** An answer of the worker, or one that was kept, in bounds; undefined where it is none. Total. */
export function parsed(answer: string): Hardware | undefined {
  if (answer.length > longestAnswer) return undefined
  try {
    const { board, virtual, cpu, cores, disks } = JSON.parse(answer) as Partial<Hardware>
    const word = (text: unknown) => line(typeof text === 'string' ? text : '', 80)
    return {
      board: word(board),
      ...(virtual && { virtual: word(virtual) }),
      cpu: word(cpu),
      cores: Number.isInteger(cores) ? Number(cores) : 0,
      disks: (Array.isArray(disks) ? disks : []).slice(0, mostDisks).map((it) => ({
        name: word(it.name),
        size: Number.isFinite(it.size) ? Number(it.size) : 0,
        kind: word(it.kind),
        ...(it.model && { model: word(it.model) }),
      })),
    }
  } catch {
    return undefined
  }
}

/** "Raspberry Pi 4 Model B, ARM Cortex-A72, mmcblk0 59.5 GiB SD/eMMC": the parts that are known. */
export function hardwareText({ board, virtual, cpu, disks }: Hardware): string {
  const machine = board || (virtual ? 'virtual machine' : '')
  const disk = disks.map((it) => `${it.name} ${size(it.size)} ${it.kind}`)
  return [machine + (virtual && board ? ' (virtual)' : ''), cpu, listed(disk, 3)].filter(Boolean).join(', ')
}

/** What was kept of an earlier look. */
export interface KeptHardware extends Sample {
  readonly boot: string
  readonly hardware: Hardware
}

/** What was kept, as far as it can be one; the state may be damaged. Total. */
export function keptOf(sample: Sample | undefined): KeptHardware | undefined {
  const { boot, hardware }: Partial<KeptHardware> = sample ?? {}
  const known = hardware && parsed(JSON.stringify(hardware))
  return typeof boot === 'string' && known ? { boot, hardware: known } : undefined
}

/** The kernel's id of this boot; empty where it is not known. */
export function bootId(file = '/proc/sys/kernel/random/boot_id'): string {
  try {
    return readFileSync(file, 'utf8').trim().slice(0, 40)
  } catch {
    return ''
  }
}

/** What machine this is: what was kept, if that was in this boot, else by a look, which is then handed to `keep`. */
export async function hardwareOf(
  kept: KeptHardware | undefined,
  keep: (it: KeptHardware) => void,
  { read = readHardware, boot = bootId() } = {},
): Promise<Hardware | undefined> {
  if (kept && boot !== '' && kept.boot === boot) return kept.hardware
  const hardware = await read()
  if (hardware) keep({ boot, hardware })
  return hardware ?? kept?.hardware
}
