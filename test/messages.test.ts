import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { current, pictures } from './messages.ts'
import { pageOf, withPage } from './pictures.ts'

t.test('the messages of the pages are what the sinks write now', async (t) => {
  for (const [path, text] of Object.entries(await current()))
    t.equal(readFileSync(join(import.meta.dirname, '..', path), 'utf8'), text, `npm run docs writes ${path}`)
})

t.test('the pictures are of what the sinks write now', async (t) => {
  for (const { path, page } of await pictures()) {
    t.ok(existsSync(path), `${path}: npm run docs -- --pictures draws it`)
    t.equal(pageOf(readFileSync(path)), page, `${path}: npm run docs -- --pictures draws it anew`)
    t.ok(statSync(path).size < 150_000, `${path} is small`)
    const other = withPage(readFileSync(path), `${page} `)
    t.not(pageOf(other), page, 'a picture of another text is seen to be one')
  }
})
