import { readFileSync } from 'node:fs'
import t from 'tap'
import { readVersion } from '../../../agent/cli/version.ts'

t.test('the version is the one that was released', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  t.equal(readVersion(), version)
})
