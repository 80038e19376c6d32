import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/** What is used of undici, and the file of its folder `dispatcher` that it is in. */
export const partsOfUndici: Readonly<Record<string, string>> = {
  Agent: 'agent',
  Client: 'client',
  EnvHttpProxyAgent: 'env-http-proxy-agent',
}

/** What of packages goes into a bundle, and how. */
export const packages: readonly Plugin[] = [
  /**
   * `await import('package')` gives the names of a CommonJS package in Node, but only `default` in a bundle.
   * This gives the bundle the same names, so that what runs in a checkout runs installed.
   */
  {
    name: 'names of packages',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir }) =>
        kind === 'dynamic-import' && !isBuiltin(path)
          ? { path, namespace: 'package', pluginData: resolveDir }
          : undefined,
      )
      onLoad({ filter: /.*/, namespace: 'package' }, async ({ path, pluginData }) => {
        const names = Object.keys((await import(path)) as object).filter((it) =>
          /^[A-Za-z_$][\w$]*$/.test(it),
        )
        const own = names.filter((it) => it !== 'default' && it !== 'module.exports')
        const contents = `import * as it from '${path}'
          ${own.map((name, at) => `const n${at} = it.${name}; export { n${at} as ${name} }`).join('\n')}
          export { default } from '${path}'`
        return { contents, resolveDir: pluginData as string }
      })
    },
  },
  /** Node.js's own modules where a parsed CommonJS package asks for them by `require`, which modules do not have. */
  {
    name: 'required modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) =>
        isBuiltin(path) && kind === 'require-call' ? { path, namespace: 'required' } : undefined,
      )
      onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule('${path}')`,
      }))
    },
  },
  /**
   * Of undici what the postman uses. Its index loads all of it, and more than half is fetch, WebSockets, caches and mocks;
   * what is written here is what that index does with these three.
   */
  {
    name: 'a part of undici',
    setup({ onLoad }) {
      onLoad({ filter: /\/node_modules\/undici\/index\.js$/ }, () => ({
        contents: `
          const Dispatcher = require('./lib/dispatcher/dispatcher')
          Object.assign(Dispatcher.prototype, require('./lib/api'))
          ${Object.entries(partsOfUndici)
            .map(([name, file]) => `exports.${name} = require('./lib/dispatcher/${file}')`)
            .join('\n')}`,
      }))
      // All connections are opened with `allowH2: false`; Node.js's HTTP/2 alone takes 2 MB.
      onLoad({ filter: /\/node_modules\/undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({
        contents: "module.exports = () => { throw new Error('HTTP/2 is not a part of Murphy') }",
      }))
    },
  },
]

/** By its presence undici knows that it goes into a bundle, and leaves out its second parser of HTTP, which is an experiment. */
export const defined: Readonly<Record<string, string>> = { esbuildDetection: 'true' }
