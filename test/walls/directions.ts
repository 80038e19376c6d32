import { type Import, importsOf, sourcesOf, textOf, under, type Wall } from './sources.ts'

/** A room: what is in it, what it may know of agent/ besides itself and what all may, and why nothing else. */
interface Room {
  readonly who: string
  /** Folders, which end with a slash, and files. */
  readonly place: string
  readonly knows: readonly string[]
  readonly why: string
}

const vocabulary = 'agent/model/'
const words = 'agent/text/'
const beside = [
  'agent/core/',
  'agent/host/',
  'agent/state/',
  'agent/delivery/',
  'agent/delivery/heartbeats/',
  'agent/delivery/sinks/',
  'agent/config/',
  'agent/api/',
  'agent/film/',
] as const

/** A file belongs to the first room in whose place it is; what is in none has no business here. */
export const rooms: readonly Room[] = [
  {
    who: 'the vocabulary',
    place: vocabulary,
    knows: [],
    why: 'it is what everyone shares; if it knew anyone, everyone would',
  },
  {
    who: 'the words',
    place: words,
    knows: [vocabulary],
    why: "how a time or a name is written is nobody else's business",
  },
  {
    who: 'collectors',
    place: 'collectors/',
    knows: [vocabulary, words],
    why: 'they must run on a recorded node, in a test and in a year of time-lapse: so they know the vocabulary and the words, and nothing of the core, delivery, state or settings files',
  },
  {
    who: 'sinks',
    place: 'agent/delivery/sinks/',
    knows: [vocabulary, words],
    why: 'a sink writes letters and reads replies; it must not be able to post or to remember',
  },
  {
    who: 'kinds of heartbeats',
    place: 'agent/delivery/heartbeats/',
    knows: [vocabulary, words],
    why: 'a kind writes letters and reads replies; it must not be able to post or to remember',
  },
  {
    who: 'the core',
    place: 'agent/core/',
    knows: [vocabulary, words],
    why: 'what is true, why, and who has to be told must be a matter of values only',
  },
  {
    who: 'the door to the machine',
    place: 'agent/host/',
    knows: [vocabulary, words],
    why: 'the machine knows nothing of what is made of its answers',
  },
  {
    who: 'the state',
    place: 'agent/state/',
    knows: [vocabulary, words, 'agent/core/'],
    why: 'what is remembered is known by its shape; how it is shown, sent or configured changes without it',
  },
  {
    who: 'delivery',
    place: 'agent/delivery/',
    knows: [vocabulary, words, 'agent/core/', 'agent/delivery/heartbeats/', 'agent/delivery/sinks/'],
    why: 'the postman is told what is due and says what became of it; it neither judges nor remembers',
  },
  {
    who: 'the settings',
    place: 'agent/config/',
    knows: [vocabulary, words],
    why: 'they are read once, before anything else is there',
  },
  {
    who: 'the socket',
    place: 'agent/api/',
    knows: [vocabulary, words, 'agent/core/'],
    why: 'it shows what it is given; who remembers hands it over, so that the socket can be tried without a disk',
  },
  {
    who: 'films',
    place: 'agent/film/',
    knows: [vocabulary, words, 'agent/core/', 'agent/host/'],
    why: 'a film is what the machine answered, run again through the core; nothing that tells, remembers or shows belongs to it',
  },
  {
    who: 'the daemon',
    place: 'agent/daemon/',
    knows: [vocabulary, words, ...beside],
    why: 'it wires the rooms and must live inside a test, without a command line or a terminal',
  },
  {
    who: 'the pages',
    place: 'agent/cli/render/',
    knows: [vocabulary, words, 'agent/api/snapshot.ts'],
    why: 'they show what they are handed; a page that asks could not be shown of a recorded node',
  },
  {
    who: 'the command that starts the daemon',
    place: 'agent/cli/commands/run.ts',
    knows: [vocabulary, words, ...beside, 'agent/daemon/', 'agent/cli/', 'agent/cli/render/'],
    why: 'it alone puts all rooms together; who turns words into commands is not one of them',
  },
  {
    who: 'the command that films',
    place: 'agent/cli/commands/film.ts',
    knows: [vocabulary, words, ...beside, 'agent/daemon/', 'agent/cli/'],
    why: "where no daemon runs it has rounds of its own, and these must be the daemon's",
  },
  {
    who: 'the other commands',
    place: 'agent/cli/',
    knows: [vocabulary, words, ...beside, 'agent/cli/render/'],
    why: 'they ask the daemon over its socket, and are there when it is not: one that loads it would be as slow, and as broken, as what it asks about',
  },
  {
    who: 'the command line',
    place: 'agent/program.ts',
    knows: [vocabulary, words, 'agent/cli/', 'agent/cli/commands/run.ts', 'agent/cli/commands/film.ts'],
    why: 'it turns words into a command, and nothing else',
  },
  {
    who: 'main',
    place: 'agent/main.ts',
    knows: [words, 'agent/cli/', 'agent/cli/commands/run.ts', 'agent/program.ts'],
    why: 'it begins what is called most without the parser, ends with an exit code, and nothing else',
  },
]

const roomOf = (path: string) => rooms.find((it) => under(it.place)(path))

const isOurs = ({ name }: Import) => /^(agent|collectors|systemd|test)\//.test(name)

/** Imports point one way. Which of agent/ may know collectors is told by `strangers`. */
export const directions: Wall = (root) =>
  sourcesOf(root).flatMap((path) => {
    const room = roomOf(path)
    if (!room)
      return [
        `${path} stands in no room: each room has a name, and says in test/walls/directions.ts whom it knows and why`,
      ]
    return importsOf(root, path)
      .filter(isOurs)
      .filter(({ name }) => !(path.startsWith('agent/') && name.startsWith('collectors/')))
      .filter(({ name }) => {
        const its = roomOf(name)
        // A file is known by its own name, or with all of its room; not with the folder around the room.
        return its !== room && !room.knows.some((it) => it === name || it === its?.place)
      })
      .map(({ name }) => `${path} imports ${name}, but ${room.who} may not: ${room.why}`)
  })

/** Where in agent/ it is known that there are collectors. */
const mayKnow = under('agent/cli/commands/', 'agent/daemon/', 'agent/config/')

/** Nothing in agent/ knows a collector. */
export const strangers: Wall = (root) => {
  const ours = sourcesOf(root)
  const paths = ours.filter(under('agent/'))
  const names = new Set(
    ours.flatMap((path) => /^collectors\/(\w+)\//.exec(path)?.[1] ?? []).filter((it) => it !== 'node'),
  )
  return [
    ...paths.flatMap((path) =>
      importsOf(root, path)
        .filter(({ name }) => name.startsWith('collectors/'))
        .filter(({ name }) => name !== 'collectors/index.ts' || !mayKnow(path))
        .map(
          ({ name }) =>
            `${path} imports ${name}: only commands, daemon and config know that there are collectors, and only by their list; what is one collector's own, its page too, it brings along`,
        ),
    ),
    ...paths
      .filter(under('agent/main.ts', 'agent/program.ts', 'agent/cli/commands/'))
      .flatMap((path) =>
        [...names]
          .filter((name) => textOf(root, path).includes(`'${name}'`))
          .map(
            (name) =>
              `${path} says '${name}': a command that knows one collector by name is that collector's page, and stands with it`,
          ),
      ),
  ]
}

const collectorOf = (path: string) => path.split('/')[1]?.replace(/\.ts$/, '') ?? ''

/** Collectors do not know each other. */
export const neighbours: Wall = (root) =>
  sourcesOf(root)
    .filter((path) => path.startsWith('collectors/') && path !== 'collectors/index.ts')
    .flatMap((path) =>
      importsOf(root, path)
        .filter(({ name }) => name.startsWith('collectors/'))
        .filter(({ name }) => !['node', collectorOf(path)].includes(collectorOf(name)))
        .map(
          ({ name }) =>
            `${path} imports ${name}: one broken collector must not stop another; what both need stands in collectors/node/`,
        ),
    )

const packetEngine = 'collectors/firewall/packet/'

/** The packet engine decides by rules alone, whoever read them and whatever is made of its verdict. */
export const engine: Wall = (root) =>
  sourcesOf(root)
    .filter((path) => path.startsWith(packetEngine))
    .flatMap((path) =>
      importsOf(root, path)
        .filter(({ name }) => name.startsWith('collectors/') && !name.startsWith(packetEngine))
        .filter(({ name }) => name !== 'collectors/firewall/cells.ts')
        .map(
          ({ name }) =>
            `${path} imports ${name}: what becomes of a packet must not depend on how rules are read, remembered or told`,
        ),
    )
