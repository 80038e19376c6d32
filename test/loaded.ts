import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * Preloaded (`node --import`), it writes every module that the program really loaded to the file that `LOADED` names,
 * one URL a line, when the program ends. What Node.js is made of counts as well (`internal/deps/undici/undici`).
 */
const seen = new Set<string>()
registerHooks({
  load(url, context, next) {
    seen.add(url)
    return next(url, context)
  },
})
process.on('exit', () => {
  const { moduleLoadList } = process as NodeJS.Process & { readonly moduleLoadList: readonly string[] }
  writeFileSync(process.env.LOADED ?? '/dev/null', [...seen, ...moduleLoadList].join('\n'))
})
