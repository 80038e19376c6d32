import { untested } from './addresses.ts'
import { importCircles } from './circles.ts'
import { directions, engine, neighbours, strangers } from './directions.ts'
import { closedDoors, portsAsked } from './doors.ts'
import { longFiles, longFunctions } from './lengths.ts'
import type { Wall } from './sources.ts'
import { askingHistory, castsThroughUnknown, pureFiles, strayStatements, strayTimes } from './values.ts'

/** Every wall, by what it holds. */
export const walls = {
  'imports point one way': directions,
  'nothing in agent/ knows a collector': strangers,
  'collectors do not know each other': neighbours,
  'the packet engine knows nothing of the rest': engine,
  'no import circles': importCircles,
  'each library has one door': closedDoors,
  "k3s's own ports are asked by one door": portsAsked,
  'collectors and pure files touch no machine and no clock': pureFiles,
  'what remembers cannot ask': askingHistory,
  'SQL stands in state/ alone': strayStatements,
  'times are written in text/ alone': strayTimes,
  'no type is claimed that nothing bears out': castsThroughUnknown,
  'every module has a test at its address': untested,
  'files stay short': longFiles,
  'functions stay short': longFunctions,
} as const satisfies Readonly<Record<string, Wall>>
