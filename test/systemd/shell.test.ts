import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const missing = spawnSync('shellcheck', ['--version']).error !== undefined
const skip = missing && process.env.CI !== 'true' && 'needs shellcheck: apt-get install shellcheck'

t.test('what runs as root in a POSIX shell is clean', { skip }, async (t) => {
  const files = ['install.sh', 'systemd/steps.sh', 'systemd/list.sh', 'systemd/removal.sh', 'systemd/motd']
  const { status, stdout } = spawnSync('shellcheck', ['--external-sources', ...files], { cwd: root })
  t.equal(status, 0, `${stdout}`)
})
