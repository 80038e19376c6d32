import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const skip = process.getuid?.() !== 0 && process.env.CI !== 'true' && 'needs root'

/** A run of what is in undo.sh, on a disk of its own with 64 KiB, mounted at /opt and nowhere else. */
function run(script: string) {
  const text = `set -eu
    mount -t tmpfs -o size=64k none /opt
    say() { printf '%s\\n' "$*"; }
    refuse() { say "$*" >&2; exit 1; }
    there() { [ -e "$1" ]; }
    dry=false
    . ${root}/systemd/undo.sh
    booted() { false; }
    ${script}`
  const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', text], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

const begin = `touch /opt/one /opt/two; plan_return
  on_failure 'rm -f /opt/one'
  on_failure 'rm -f /opt/two'`

t.test('a list that finds no room does not replace the one that did', { skip }, async (t) => {
  // One page is free: enough for the new line, too little for those before it.
  const it = run(`long() { head -c "$1" /dev/zero | tr '\\0' x; }
    head -c 4096 /dev/zero > /opt/page; ${begin}
    on_failure ": $(long 3000)"
    head -c 64k /dev/zero > /opt/full 2> /dev/null || rm /opt/page
    (trap 'finish $?' EXIT; on_failure ": $(long 2000)"; echo went on) & wait $! || :
    ls -A /opt`)
  t.match(it, {
    status: 0,
    stdout: 'full\n',
    stderr: /No space left[\s\S]*failed; all changes were undone\.\n$/,
  })
})

t.test('what cannot be undone is said and kept for the next run', { skip }, async (t) => {
  const it = run(`${begin}
    on_failure 'cp /opt/full /opt/copy'
    on_failure 'rm -f /opt/none'
    head -c 40000 /dev/zero > /opt/full
    (trap 'finish $?' EXIT; exit 1) || :
    ls -A /opt
    (trap 'finish $?' EXIT; heal) || echo refused
    truncate -s 10 /opt/full
    heal
    ls -A /opt`)
  t.match(
    it.stdout,
    /^\.murphy-undo\ncopy\nfull\nan earlier .*\nrefused\nan earlier .*\ncopy\nfull\n$/,
    it.stderr,
  )
  t.match(
    it.stderr,
    /No space left on device\ninstall.sh: failed, and 1 of its changes could not be undone, see above\./,
  )
  t.match(it.stderr, /\n1 of these changes could not be undone, see above\. .*rm -r \/opt\/\.murphy-undo\n$/)
  t.notMatch(it.stderr, /all changes were undone/)
})

t.test('what has room only once larger things are undone, is undone', { skip }, async (t) => {
  const it = run(`head -c 9000 /dev/zero > /opt/old; plan_return
    on_failure 'rm -f /opt/large'
    on_failure '[ ! -e /opt/old ] || { cp /opt/old /opt/new && mv /opt/new /opt/old; }'
    head -c 40000 /dev/zero > /opt/large
    (trap 'finish $?' EXIT; exit 1) || :
    ls -A /opt`)
  t.match(it, { stdout: 'old\n', stderr: 'install.sh: failed; all changes were undone.\n' })
})
