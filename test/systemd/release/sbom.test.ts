import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { sbom } from '../../../systemd/release/sbom.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const stamp = { version: '1.2.3', time: 1_700_000_000 }

interface Bom {
  readonly serialNumber: string
  readonly components: readonly {
    readonly 'bom-ref': string
    readonly purl: string
    readonly hashes: unknown
  }[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

t.test('it says what npm says, and no less', async (t) => {
  const ours = JSON.parse(sbom(readFileSync(`${root}/package-lock.json`, 'utf8'), stamp)) as Bom
  t.match(ours, {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    metadata: { timestamp: '2023-11-14T22:13:20.000Z', component: { name: 'murphy', version: '1.2.3' } },
  })
  // What is for development is in npm's too: what it leaves out with --omit dev is more than that.
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx']
  const theirs = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' })) as Bom
  for (const it of ours.components) {
    const same = theirs.components.find((other) => other['bom-ref'] === it['bom-ref'])
    t.match(it, { purl: same?.purl, hashes: same?.hashes }, it['bom-ref'])
  }
  for (const { ref, dependsOn } of ours.dependencies.slice(1)) {
    const same = theirs.dependencies.find((other) => other.ref === ref)
    t.strictSame(new Set(dependsOn), new Set(same?.dependsOn), `what ${ref} depends on`)
  }
  const { dependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  for (const [name, version] of Object.entries(dependencies))
    t.ok(
      ours.components.some((it) => it['bom-ref'] === `${name}@${version}`),
      `${name} is listed`,
    )
  t.equal(
    ours.components.some((it) => /^(typescript|tap|esbuild)@/.test(it['bom-ref'])),
    false,
  )
})

/** A lock file with packages by their places. */
const lock = (packages: object) => JSON.stringify({ packages: { '': { license: 'MIT' }, ...packages } })
const it = { version: '1.0.0', license: 'MIT', integrity: 'sha512-AAAA' }

t.test('who depends on whom is found as Node.js finds it', async (t) => {
  const text = lock({
    'node_modules/a': { ...it, dependencies: { b: '*', c: '*' } },
    'node_modules/b': { ...it, version: '1.1.0' },
    'node_modules/@s/c': { ...it, dependencies: { b: '*' }, optionalDependencies: { gone: '*' } },
    'node_modules/a/node_modules/b': { ...it, version: '2.0.0' },
    'node_modules/tool': { ...it, dev: true },
  })
  t.match((JSON.parse(sbom(text, stamp)) as Bom).dependencies.slice(1), [
    { ref: 'a@1.0.0', dependsOn: ['b@2.0.0'] },
    { ref: 'b@1.1.0', dependsOn: [] },
    { ref: '@s/c@1.0.0', dependsOn: ['b@1.1.0'] },
    { ref: 'b@2.0.0', dependsOn: [] },
  ])
})

t.test('the same lock file has the same serial number, another has another', async (t) => {
  const of = (text: string, time = 1) =>
    (JSON.parse(sbom(text, { version: '1.0.0', time })) as Bom).serialNumber
  t.equal(of(lock({ 'node_modules/a': it })), of(lock({ 'node_modules/a': it })))
  t.not(of(lock({ 'node_modules/a': it })), of(lock({ 'node_modules/b': it })))
  t.not(of(lock({ 'node_modules/a': it })), of(lock({ 'node_modules/a': it }), 2))
})

t.test('a package of which nobody knows what it is is a mistake', async (t) => {
  for (const part of [{ license: undefined }, { integrity: undefined }, { integrity: 'sha1-AAAA' }])
    t.throws(() => sbom(lock({ 'node_modules/a': { ...it, ...part } }), stamp), { message: /of a$/ })
})
