import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { tools } from './tools.ts'

/** What a forge, an editor or a container reads of this repository, and nobody here: a mistake in it would be found by a stranger. */
const root = join(import.meta.dirname, '..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')

t.test('the container has the Debian packages that the tests use', async (t) => {
  const [, listed = ''] = /--no-install-recommends \\\n([^&]*)&&/.exec(text('.devcontainer/Dockerfile')) ?? []
  const packages = listed.split(/[\s\\]+/).filter(Boolean)
  t.same(
    [...new Set(Object.values(tools))].filter((it) => !packages.includes(it)),
    [],
    'otherwise npm test installs them in each new container again',
  )
  t.same(
    packages.filter(
      (it) => !['ca-certificates', 'git', 'nodejs', 'npm', ...Object.values(tools)].includes(it),
    ),
    [],
    'and nothing that nobody asks for',
  )
  t.same(JSON.parse(text('.devcontainer/devcontainer.json')).remoteUser, 'root', 'as root')
})

t.test('the tests run on the Node.js that comes with the packages, whatever else is there', async (t) => {
  const { optionalDependencies } = JSON.parse(text('package.json')) as {
    optionalDependencies: Record<string, string>
  }
  t.equal(process.version, `v${optionalDependencies[`node-linux-${process.arch}`]}`)
})

interface Job {
  readonly 'timeout-minutes'?: number
  readonly permissions?: unknown
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[]
}

t.test('workflows run the commands that people run, with few rights', async (t) => {
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> }
  for (const name of readdirSync(join(root, '.github/workflows'))) {
    const workflow = parse(text(`.github/workflows/${name}`)) as {
      readonly permissions?: unknown
      readonly jobs: Readonly<Record<string, Job>>
    }
    t.same(
      workflow.permissions,
      { contents: 'read' },
      `${name}: whatever runs in it may read, and nothing else`,
    )
    for (const [job, { steps, ...it }] of Object.entries(workflow.jobs)) {
      t.ok(it['timeout-minutes'], `${job} ends`)
      t.equal(it.permissions, undefined, `${job} asks for no more than the workflow`)
      for (const { uses, run } of steps) {
        if (uses) t.match(uses, /@(v\d+|[0-9a-f]{40})$/, `${uses} is held to a version`)
        const [, script] = /^npm (?:run )?(\S+)/.exec(run ?? '') ?? []
        if (script) t.ok(scripts[script], `npm run ${script} is there`)
        if (run?.startsWith('.ci/')) t.ok(existsSync(join(root, run)), `${run} is there`)
      }
    }
  }
})

t.test('forms can be read, and ask for what helps', async (t) => {
  const forms = readdirSync(join(root, '.github/ISSUE_TEMPLATE'))
  t.ok(forms.length > 0)
  for (const name of forms) {
    const form = parse(text(`.github/ISSUE_TEMPLATE/${name}`)) as { name?: string; body?: readonly unknown[] }
    t.ok(form.name && form.body?.length, name)
    const asked = JSON.stringify(form.body)
    for (const wanted of ['`agent record', '`agent version', 'Look through'])
      t.match(asked, wanted, `${name}: ${wanted}`)
  }
  t.match(parse(text('.github/dependabot.yml')), { version: 2, updates: [Object, Object, Object] })
})
