import { join } from 'node:path'

/** `node test/run-several.ts FILE ...`, from the project's folder: runs test files that can share a process in this one. */
const files = process.argv.slice(2)
// tap names its folders after all that it is started with: the first file is enough to have folders of its own.
process.argv.splice(3)
for (const it of files) await import(join(process.cwd(), it))
