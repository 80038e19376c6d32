import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The line for the next node, where releases are at that place. */
function next(place: string) {
  const text = `say() { printf '%s\\n' "$*"; }
    program=/opt/murphy settings=/nowhere kinds=ntfy place=${place}
    named_cluster() { say home; }
    . ${root}/systemd/after.sh
    show_next`
  return spawnSync('sh', ['-euc', text], { encoding: 'utf8', env: { PATH: process.env.PATH } }).stdout.trim()
}

t.test('the next node gets nothing by plain http that would run as root', async (t) => {
  t.equal(
    next('https://example.org/murphy'),
    'The next node: curl -fsSL https://example.org/murphy/install.sh | sudo sh -s -- --cluster home',
  )
  t.equal(
    next('http://192.0.2.1:8000'),
    'The next node: sudo sh /opt/murphy/install.sh --on root@NODE --cluster home',
  )
  t.equal(next('/srv/murphy'), 'The next node: sudo sh /srv/murphy/install.sh --cluster home')
})
