import { parseArgs } from 'node:util'
import { beside, besideTable } from './beside.ts'
import { budgets } from './budgets.ts'
import { growth } from './growth.ts'
import { large } from './large.ts'
import { now } from './measure.ts'
import { reasonFor } from './reasons.ts'
import { excuses, machine, type Section, write } from './report.ts'
import { restOf, restTable } from './rest.ts'
import { sequences } from './sequences.ts'
import { growthTable, isWorse } from './slope.ts'
import { growing, soak, soakText } from './soak.ts'
import { type Stand, say, withStand } from './stand.ts'
import { figures, table } from './table.ts'

/**
 * `npm run bench`: the bundled agent on a stand-in node, with real rules, interfaces, certificates and kills,
 * against the budgets. Slowness never fails it; only what could not be measured does.
 */
const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string' },
    soak: { type: 'string' },
    times: { type: 'string' },
    json: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const minutes = Number(options.minutes ?? (options.all ? 10 : 1))
const soaking = Number(options.soak ?? options.minutes ?? 60)
const times = Number(options.times ?? (options.all ? 15 : 8))

/** The parts, in the order in which they are measured and shown. */
const parts: Readonly<Record<string, (stand: Stand) => Promise<readonly Section[]>>> = {
  budgets: async (stand) => [
    {
      title: 'Budgets',
      about: `Budgets hold for the p99. A floor is what the same costs without Murphy, measured in turn with it. Faults are made ${times} ${times === 1 ? 'time' : 'times'} on each of two nodes.`,
      rows: (await budgets(stand, { minutes, times })).map(figures),
    },
  ],
  async rest(stand) {
    // Both only wait, and only CPU that is used counts.
    const [rested, others] = await Promise.all([restOf(stand, minutes), beside(stand, minutes)])
    return [
      {
        title: 'At rest',
        about: `Each check by itself, on a node of its own, all at once for ${minutes} min: where the CPU of a node at rest goes.`,
        text: restTable(rested),
      },
      {
        title: 'Beside others',
        about: `Other programs that watch nodes, as Debian has them, on one node with Murphy, for the same ${minutes} min. Memory and CPU with all that they start.`,
        text: besideTable(others.rows),
        notes: others.notes,
      },
    ]
  },
  async growth(stand) {
    const all = await growth(stand)
    return [
      {
        title: 'Growth',
        about:
          'CPU of a round, of its own process alone but for the pod network, against the work: at the size of a common node, ten and a hundred times as much. Exponents are of the power by which it grows: 1 is linear.',
        text: growthTable(all),
        notes: all.filter(isWorse).map((it) => {
          const what = `${it.of}, ${it.work}`
          return `${what}: ${reasonFor(what) ?? 'not looked into yet.'}`
        }),
      },
    ]
  },
  async soak(stand) {
    const soaked = await soak(stand, soaking)
    return [
      {
        title: 'A day in an hour',
        about: `The agent on a clock that runs 24 times as fast (libfaketime) for ${soaking} min, with a fault every eight minutes of it. Flat is what is in the last quarter no more than in the second.`,
        text: soakText(soaked),
        notes: growing(soaked).map((it) => `${it}: ${reasonFor(`soak, ${it}`) ?? 'not looked into yet.'}`),
      },
    ]
  },
}
const quick = ['budgets', 'rest']
const names = [...Object.keys(parts), 'large', 'sequences']

if (
  ![minutes, soaking].every((it) => it > 0) ||
  !(Number.isInteger(times) && times > 0) ||
  (options.only !== undefined && !names.includes(options.only))
) {
  process.stderr.write(
    `usage: npm run bench -- [--all | --only ${names.join('|')}] [--write] [--minutes OF REST] [--soak MINUTES] [--times EACH FAULT ON EACH NODE] [--json]\n`,
  )
  process.exit(2)
}
if (options.only === 'sequences') {
  sequences()
  process.exit(0)
}
if (process.getuid?.() !== 0) {
  process.stderr.write('the bench needs root: it makes namespaces and control groups\n')
  process.exit(2)
}

const begun = now()
const chosen = options.only ? [options.only] : options.all ? [...Object.keys(parts), 'large'] : quick
const sections: Section[] = []
const missed: string[] = []

function show(section: Section): void {
  const { title, rows, text, notes = [] } = section
  sections.push(section)
  if (options.json) return
  const said = [...(rows ? excuses(rows) : []), ...notes]
  process.stdout.write(
    `\n${title}\n\n${[...(rows ? [table(rows)] : []), ...(text ? [text] : [])].join('\n\n')}\n`,
  )
  for (const it of said) process.stdout.write(`${it}\n`)
  missed.push(...(rows ?? []).flatMap((it) => it.missed))
}

for (const name of chosen) {
  const part = parts[name]
  // Each with nodes of its own, so that what one leaves running costs no other one.
  const failed = part && (await withStand(async (stand) => (await part(stand)).forEach(show)))
  if (failed !== undefined)
    missed.push(`${name}: ${failed instanceof Error ? (failed.stack ?? failed.message) : failed}`)
}
if (chosen.includes('large')) {
  const { text, missed: unmeasured } = await large()
  const about = 'What large and busy nodes cost. Each program says its budgets, and can be run by itself.'
  show({ title: 'Large nodes', about, text })
  missed.push(...unmeasured)
}
if (options.all || options.write) write(sections)
const seconds = Math.round((now() - begun) / 1000)
if (options.json)
  process.stdout.write(
    `${JSON.stringify({ version: 2, machine: machine(), seconds, sections, missed }, null, 2)}\n`,
  )
else process.stdout.write(`\n${machine()}, ${seconds} s\n`)
for (const it of missed) say(`not measured: ${it}`)
process.exitCode = missed.length > 0 ? 1 : 0
