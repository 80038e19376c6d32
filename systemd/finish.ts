import { readdirSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { type BuildOptions, build, type ImportKind, type Plugin } from 'esbuild'

/**
 * Writes the chunks in `from` to `into` as they start fastest: those that `main.js` needs at once are in it, as finding
 * and linking each costs a millisecond and more; and Node.js's own modules are taken by `process.getBuiltinModule`. An
 * import reads each property of such a module, also those that load others when they are read: with node:fs streams and
 * promises, with node:http an HTTP client of 13 MB.
 */
export async function finish(from: string, into: string, options: BuildOptions): Promise<void> {
  const others = readdirSync(from)
    .filter((it) => it.endsWith('.js') && it !== 'main.js')
    .sort()
  const at = { ...options, absWorkingDir: from, outdir: into }
  await build({
    ...at,
    entryPoints: others,
    plugins: [ownModules, apart('import-statement', 'dynamic-import')],
  })
  await build({
    ...at,
    entryPoints: ['main.js'],
    plugins: [ownModules, apart('dynamic-import')],
  })
}

/** Leaves the chunks that are imported so where they are. */
const apart = (...kinds: readonly ImportKind[]): Plugin => ({
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, kind }) =>
      kinds.includes(kind) ? { path, external: true } : undefined,
    )
  },
})

const namespace = 'node.js'

/** Node.js's own modules; what is imported later, as few are, stays an import. */
const ownModules: Plugin = {
  name: "node.js's own modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) =>
      isBuiltin(path) && kind === 'import-statement' ? { path, namespace, sideEffects: false } : undefined,
    )
    onLoad({ filter: /.*/, namespace }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((it) => it !== 'default')
      const lines = names.filter((it) => /^[A-Za-z_$][\w$]*$/.test(it)).map(exported)
      // Only the names that somebody imports are read.
      return {
        contents: `const it = process.getBuiltinModule('${path}'), of = (name) => it[name]
          export default it
          ${lines.join('\n')}`,
      }
    })
  },
}

const exported = (name: string, at: number) =>
  `const n${at} = /* @__PURE__ */ of('${name}'); export { n${at} as ${name} }`
