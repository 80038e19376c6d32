import type { Cells } from '../../../collectors/firewall/cells.ts'
import { printed, saved } from './look.ts'

/** The IPv4 rules of a recorded node, by place. */
export const cellsIn = async (state: string): Promise<Cells> =>
  Object.fromEntries(
    Object.entries(saved(await printed(state)).cells).map(([place, it]) => [`ipv4 ${place}`, it]),
  )
