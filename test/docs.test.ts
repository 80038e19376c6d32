import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { healthyType, problemType } from '../agent/delivery/kubernetes/names.ts'
import { collectors } from '../collectors/index.ts'

/** What is written for people about this repository is true of it: a map with a wrong street is worse than none. */
const root = join(import.meta.dirname, '..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')

const pages = [
  ...['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md', 'SECURITY.md', 'test/nodes/README.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((it) => it.endsWith('.md'))
    .map((it) => `docs/${it}`),
]

/** Places of this repository in backticks: `collectors/node/`, `test/run.ts`, `NAME=1 node test/run.ts`. */
const place =
  /(?<![\w/.-])(?:agent|collectors|systemd|test|docs|\.github|\.devcontainer|\.ci)\/[\w./-]*\w\/?/g
const inBackticks = (page: string) => page.replace(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/`([^`]+)`/g)

/** What CONTRIBUTING.md shows how to add. */
const examples = ['collectors/disk', 'test/collectors/disk', 'agent/delivery/sinks/teams.ts']

t.test('every place that is written is there', async (t) => {
  for (const page of pages) {
    const written = Array.from(inBackticks(text(page)), ([, it = '']) => it).flatMap(
      (it) => it.match(place) ?? [],
    )
    const gone = written.filter(
      (it) => !existsSync(join(root, it)) && !examples.some((example) => it.startsWith(example)),
    )
    t.same([...new Set(gone)], [], page)
  }
  t.same(
    examples.filter((it) => existsSync(join(root, it))),
    [],
    'an example that is there would hide a mistake',
  )
})

t.test('every name that is written with its file stands in that file', async (t) => {
  let count = 0
  for (const page of pages)
    for (const [, name = '', path = ''] of text(page).matchAll(/`(\w+)`\s+\(`([\w./-]+\.ts)`/g)) {
      count += 1
      const there = existsSync(join(root, path)) && new RegExp(`\\b${name}\\b`).test(text(path))
      if (!there) t.fail(`${page}: ${name} is not in ${path}`)
    }
  t.ok(count > 40, `${count} names`)
})

t.test('every link leads somewhere', async (t) => {
  for (const page of pages)
    for (const [, target = ''] of text(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g))
      if (!existsSync(join(root, dirname(page), target))) t.fail(`${page}: ${target} is not there`)
  t.pass('checked')
})

t.test('every command of npm that is written is there', async (t) => {
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> }
  for (const page of pages)
    for (const [, name = ''] of text(page).matchAll(/\bnpm run ([\w:-]+)/g))
      if (!scripts[name]) t.fail(`${page}: there is no npm run ${name}`)
  t.pass('checked')
})

t.test('the page on Kubernetes takes back each condition that there may be', async (t) => {
  const page = text('docs/kubernetes.md')
  const [, removed = ''] = /kubectl patch node node1 .* -p '(.*)'/.exec(page) ?? []
  const types = [healthyType, ...collectors.map((it) => problemType(it.name))]
  t.strictSame(JSON.parse(removed), {
    status: { conditions: types.map((type) => ({ $patch: 'delete', type })) },
  })
})

t.test('decisions are numbered, whole, and named in the index and in ARCHITECTURE.md', async (t) => {
  const names = readdirSync(join(root, 'docs/adr')).filter((it) => it !== 'README.md')
  const index = text('docs/adr/README.md')
  const map = text('ARCHITECTURE.md')
  for (const [at, name] of names.sort().entries()) {
    const it = text(`docs/adr/${name}`)
    const [, number, title = '', date, status] =
      /^# (\d+)\. (.+)\n\n(\d{4}-\d\d-\d\d), (accepted|replaced by \[\d+\]\(\S+\))\n/.exec(it) ?? []
    t.equal(Number(number), at + 1, `${name} follows the one before it`)
    t.match(name, new RegExp(`^${String(at + 1).padStart(4, '0')}-[a-z0-9-]+\\.md$`))
    t.match(
      it,
      /\n## Context\n\n\S[\s\S]*\n## Decision\n\n\S[\s\S]*\n## Consequences\n\n\S/,
      `${name} is whole`,
    )
    t.ok(
      index.includes(`| ${number} | [${title}](${name}) | ${date} | ${status} |`),
      `${name} is in the index`,
    )
    if (status === 'accepted')
      t.ok(map.includes(`[${title}](docs/adr/${name})`), `${name} is in ARCHITECTURE.md`)
  }
})
