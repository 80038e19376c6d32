import { importsOf, sourcesOf, textOf, under, type Wall } from './sources.ts'

/** What is decided by values alone, and collectors, which ask the machine through Host. */
const values = under(
  'agent/text/',
  'agent/core/',
  'agent/model/',
  'agent/host/redaction.ts',
  'agent/host/redaction/',
  'agent/delivery/retry.ts',
  'agent/delivery/heartbeats/',
  'agent/delivery/sinks/',
  'agent/cli/render/',
  'collectors/',
)

const machine = /^node:(fs|net|tls|http|https|dns|os|child_process|dgram|worker_threads|timers)/
const clock =
  /\bDate\.now\b|\bnew Date(\(\)|(?!\w|\())|\bMath\.random\b|\bprocess\.env\b|\bset(Timeout|Interval|Immediate)\(/

/** Collectors and pure files touch no machine and no clock. How long something took may be measured. */
export const pureFiles: Wall = (root) =>
  sourcesOf(root)
    .filter(values)
    .flatMap((path) => [
      ...importsOf(root, path)
        // Its address arithmetic.
        .filter(({ name }) => machine.test(name) && !(path.startsWith('collectors/') && name === 'node:net'))
        .map(
          ({ name }) =>
            `${path} imports ${name}: all asking goes through Host, so that a recorded node can answer`,
        ),
      ...(clock.test(textOf(root, path))
        ? [
            `${path} reads a clock, chance or the environment: these come in as arguments, so that every case can be tested`,
          ]
        : []),
    ])

/** What remembers cannot ask. */
export const askingHistory: Wall = (root) =>
  sourcesOf(root)
    .filter((path) => /^collectors\/[^/]+\/history\//.test(path))
    .filter((path) => /^import\b[^;]*?\bHost\b[^;]*?from/m.test(importLines(root, path)))
    .map(
      (path) =>
        `${path} imports Host: what is remembered must follow from what was read and what was remembered alone, so that each case of it can be tried without a machine; reading stands in look.ts or dump/`,
    )

/** Its import statements, one a line. */
const importLines = (root: string, path: string): string =>
  [...textOf(root, path).matchAll(/^import\b[\s\S]*?from\s+'[^']+'/gm)]
    .map(([it]) => it.replaceAll('\n', ' '))
    .join('\n')

const statement =
  /\b(SELECT\s[\s\S]{1,200}?\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|DELETE\s+FROM\s|UPDATE\s+\w+\s+SET\s|(CREATE|ALTER|DROP)\s+(TABLE|INDEX)\s|PRAGMA\s)/

/** SQL stands in state/ alone. */
export const strayStatements: Wall = (root) =>
  sourcesOf(root)
    .filter((path) => !path.startsWith('agent/state/'))
    .filter((path) => statement.test(textOf(root, path)))
    .map(
      (path) =>
        `${path} speaks SQL: what is on the disk has one owner, who checks every row it reads, and whose tables nobody else knows`,
    )

/** A clock or a date written by hand, and the lengths of a day and an hour: in ms, in s, or a name of its own. */
const ownTime =
  /\.toISOString\(|\b(86_?400(_?000)?|3_?600_?000|24 \* (3_?600|60)|60 \* 60(_000)?)\b|\bconst (week|day|hour|minute) =/

/** Times are written, and days and hours counted, in text/ alone. */
export const strayTimes: Wall = (root) =>
  sourcesOf(root)
    .filter((path) => !path.startsWith('agent/text/'))
    .filter((path) => ownTime.test(textOf(root, path)))
    .map(
      (path) =>
        `${path} writes a time or counts a day by itself: agent/text/times.ts has both, so that a time reads the same wherever it stands, always with its zone, and nobody takes seconds for milliseconds`,
    )

/** No claim about a type that nothing bears out. */
export const castsThroughUnknown: Wall = (root) =>
  sourcesOf(root).flatMap((path) => {
    const text = textOf(root, path)
    return [...text.matchAll(/\bas\s+unknown\s+as\b/g)].map(
      ({ index }) =>
        `${path}:${text.slice(0, index).split('\n').length} casts through unknown: it tells the compiler to believe what nobody has checked; build the value from its parts, or ask for less`,
    )
  })
