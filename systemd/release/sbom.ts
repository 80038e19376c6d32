import { sha256 } from './sums.ts'

/** What of package-lock.json (lockfileVersion 3) is read here: each package by its place, the project itself without one. */
interface Lock {
  readonly packages: Readonly<Record<string, Locked>> & { readonly '': Locked }
}

interface Locked {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/**
 * What is in a release by its lock file, as CycloneDX 1.5: all that is not for development alone, for both CPUs. Of it
 * esbuild bundles what is used. The same text for the same lock file: `time` is in seconds since 1970, the serial number
 * is made of the rest. (`npm sbom --omit dev` leaves out `yaml`, which a tool for development needs too.)
 */
export function sbom(lockFile: string, { version, time }: { version: string; time: number }): string {
  const { packages } = JSON.parse(lockFile) as Lock
  const shipped = Object.entries(packages).filter(([path, it]) => path !== '' && !it.dev)
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      lifecycles: [{ phase: 'pre-build' }],
      component: {
        ...{ 'bom-ref': `murphy@${version}`, type: 'application', name: 'murphy', version },
        licenses: [{ license: { id: packages[''].license } }],
      },
    },
    components: shipped.map(([path, it]) => component(nameOf(path), it)),
    dependencies: [['', { ...packages[''], version }] as const, ...shipped].map(([path, it]) => ({
      ref: `${path === '' ? 'murphy' : nameOf(path)}@${it.version}`,
      dependsOn: Object.keys({ ...it.dependencies, ...it.optionalDependencies })
        .map((name) => found(packages, path, name))
        .filter((place) => place !== undefined)
        .map((place) => `${nameOf(place)}@${packages[place]?.version}`),
    })),
  }
  return `${JSON.stringify({ ...bom, serialNumber: `urn:uuid:${uuid(JSON.stringify(bom))}` }, null, 2)}\n`
}

const nameOf = (path: string) => path.replace(/^.*node_modules\//, '')

function component(name: string, { version, integrity, license }: Locked) {
  const [, sum] = /^sha512-(\S+)$/.exec(integrity ?? '') ?? []
  if (!sum || !license) throw new Error(`package-lock.json has no sha512 or no license of ${name}`)
  return {
    ...{ 'bom-ref': `${name}@${version}`, type: 'library', name, version, scope: 'required' },
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(sum, 'base64').toString('hex') }],
    licenses: [{ license: { id: license } }],
  }
}

/** Where Node.js finds a package that is asked for from a place: nearest first. */
function found(packages: Lock['packages'], from: string, name: string): string | undefined {
  const place = `${from === '' ? '' : `${from}/`}node_modules/${name}`
  if (packages[place]) return place
  return from === ''
    ? undefined
    : found(packages, from.replace(/\/?node_modules\/(?:@[^/]+\/)?[^/]+$/, ''), name)
}

/** Version 8 of RFC 9562: made of what whoever writes it chooses. */
function uuid(text: string): string {
  const it = sha256(text)
  const variant = ((Number.parseInt(it[16] ?? '0', 16) & 3) | 8).toString(16)
  return `${it.slice(0, 8)}-${it.slice(8, 12)}-8${it.slice(13, 16)}-${variant}${it.slice(17, 20)}-${it.slice(20, 32)}`
}
