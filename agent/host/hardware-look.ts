import { blockDevices, cpu, system } from 'systeminformation'
import type { Hardware } from './hardware.ts'

/**
 * Asks systeminformation what machine this is. Only in a worker thread of its own: its functions read whole folders of
 * /sys at once and run `lscpu`, `lsblk` and `dmidecode`. Each is asked by itself, so that one that fails hides no other.
 */
export async function lookAtHardware(): Promise<Hardware> {
  const or = <T>(question: Promise<T>): Promise<T | undefined> => question.catch(() => undefined)
  const [board, processor, blocks = []] = await Promise.all([or(system()), or(cpu()), or(blockDevices())])
  const words = (...all: readonly (string | undefined)[]) =>
    all.flatMap((it) =>
      it && !/^(unknown|default string|to be filled.*|-|none)$/i.test(it.trim()) ? [it.trim()] : [],
    )
  const disks = blocks
    .filter((it) => it.type === 'disk' && it.size > 0)
    .map((it) => ({
      name: it.name,
      size: it.size,
      // The library calls all that does not turn an SSD, the card of a small board too.
      kind: /^x?vd/.test(it.name)
        ? 'virtual disk'
        : it.name.startsWith('mmcblk')
          ? 'SD/eMMC'
          : (words(it.physical)[0] ?? 'disk'),
      ...(words(it.model)[0] && { model: it.model.trim() }),
    }))
  return {
    board: [...new Set(words(board?.manufacturer, board?.model))].join(' '),
    ...(board?.virtual && { virtual: words(board.virtualHost)[0] ?? 'yes' }),
    cpu: processor ? words(processor.manufacturer, processor.brand).join(' ') : '',
    cores: processor?.cores ?? 0,
    disks,
  }
}
