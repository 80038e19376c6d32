import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { bootContainer, type Container, withoutContainer } from './container.ts'
import { state } from './install-state.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(1800_000)
t.jobs = 1

/** Stands in for Node.js and the agent: 100 MB less to copy each time. Its version is the text of main.js. */
const runtime = `#!/bin/sh
case $* in
  *' version') echo "murphy $(cat "$1")" ;;
  *' config check') ! grep -q wrong /etc/murphy/config.yaml ;;
  *' run') systemd-notify --ready; exec sleep 1000000 ;;
esac
`

/**
 * Run by bash before each simple command of the installer (BASH_ENV, DEBUG trap, functrace): the count stands in a
 * file, so that subshells count on, and at KILL_AT the whole process group is killed. With KILL_IN only the commands
 * of that function count.
 */
const killer = `set -T
trap '[[ -n $KILL_IN && " \${FUNCNAME[*]} " != *" $KILL_IN "* ]] ||
  { read -r at </run/kill/at; at=$((at + 1)); echo $at >/run/kill/at; [ $at -ne "$KILL_AT" ] || kill -9 0; }' DEBUG
`

/** What the scenarios are written in. */
const tools = `
export LC_ALL=C
killed() { # killed AT OPTIONS: 137 if it was killed there, else what it gave
  echo 0 >/run/kill/at; at=$1; shift
  KILL_IN=$within KILL_AT=$at BASH_ENV=/run/kill/env setsid --wait bash "$@" >/run/kill/said 2>&1
  gave=$?
  # Its children were killed with it, and may hold its lock for a moment longer.
  [ ! -e /run/murphy-install.lock ] || flock -w 10 /run/murphy-install.lock true
  return $gave
}
${state}
alone() { [ "$(ls -A /opt)" = "$1" ] || fail "lies about: $(ls -A /opt)"; } # what was kept of the former one, too, is gone
ok() { "$@" >/run/kill/out 2>&1 || fail "failed: $*: $(cat /run/kill/out)"; }
fail() { echo "at $n: $1"; failed=$((failed + 1)); }
same() { [ "$1" = "$2" ] || { fail "$3"; diff <(echo "$1") <(echo "$2") | head -20; }; }
is() { for want in $2; do [ "$(murphy version 2>&1)" != "murphy $want" ] || return 0; done; fail "$1: $(murphy version 2>&1), not $2"; }
late() { # a run that fails at its last step
  mkdir -p /run/kill/late; printf '#!/bin/sh\n[ "$1" = --version ] && echo systemd 252\n' >/run/kill/late/systemctl; chmod +x /run/kill/late/systemctl
  PATH=/run/kill/late:$PATH sh "$@" >/run/kill/out 2>&1 && fail 'it did not fail'
  grep -q 'all changes were undone' /run/kill/out || fail "failed: $(cat /run/kill/out)"
}
one=/root/release1/install.sh two=/root/release2/install.sh
failed=0 n=0
`

const scenarios: Readonly<Record<string, string>> = {
  'a first install': `
    before=$(state)
    each() {
      killed $n $one --ntfy https://ntfy.sh/topic; over=$?
      ok sh $one --ntfy https://ntfy.sh/topic
      is 'the second run' 1
      [ "$(cat /etc/murphy/ntfy.url)" = https://ntfy.sh/topic ] || fail 'the address is lost'
      alone murphy
      ok sh $one --purge
      same "$before" "$(state)" 'purged, the node is not as it was'
    }`,
  'a first install, then --purge': `
    before=$(state)
    each() {
      killed $n $one --ntfy https://ntfy.sh/topic; over=$?
      ok sh $one --purge
      same "$before" "$(state)" 'purged, the node is not as it was'
    }`,
  'an upgrade, then a run that is refused, then one that is not': `
    ok sh $one --ntfy https://ntfy.sh/topic
    echo '# mine' >>/etc/murphy/config.yaml
    before=$(state)
    each() {
      killed $n $two --webhook https://hooks.example/x; over=$?
      FULL=1 PATH=/run/kill/bin:$PATH sh $two >/run/kill/out 2>&1 && fail 'it was not refused'
      grep -q 'MiB free' /run/kill/out || fail "refused: $(cat /run/kill/out)"
      if [ $over = 137 ]; then
        [ "$(murphy version)" = 'murphy 2' ] || same "$before" "$(state)" 'something is lost'
      fi
      is 'after the refused one' '1 2'
      tail -n 1 /etc/murphy/config.yaml | grep -qx '# mine' || fail 'the settings are lost'
      ok sh $two
      is 'the third run' 2
      ok sh $one
      rm -f /etc/murphy/webhook.url; sed -i '/webhook/d' /opt/murphy/made
      same "$before" "$(state)" 'installed again, it is not as it was'
    }`,
  'an upgrade, then --uninstall': `
    ok sh $one; ok sh $one --uninstall
    before=$(state)
    each() {
      ok sh $one
      killed $n $two; over=$?
      ok sh $two --uninstall
      alone murphy
      same "$before" "$(state)" 'uninstalled, something lies about'
    }`,
  '--rollback': `
    ok sh $one; ok sh $two
    before=$(state)
    each() {
      killed $n $two --rollback; over=$?
      FULL=1 PATH=/run/kill/bin:$PATH sh $two >/run/kill/out 2>&1 && fail 'it was not refused'
      is 'after the refused one' '1 2'
      ok sh $two
      same "$before" "$(state)" 'installed again, it is not as it was'
      [ "$(cat /opt/murphy.former/agent/main.js)" = 1 ] || fail 'the former one is lost'
    }`,
  '--purge': `
    before=$(state)
    each() {
      ok sh $one --ntfy https://ntfy.sh/topic
      killed $n $one --purge; over=$?
      ok sh $one --purge
      same "$before" "$(state)" 'purged, the node is not as it was'
    }`,
  '--uninstall, then an install': `
    ok sh $one
    before=$(state)
    each() {
      killed $n $one --uninstall; over=$?
      ok sh $one
      same "$before" "$(state)" 'installed again, it is not as it was'
    }`,
  'the run that puts back what a killed one left': `
    ok sh $one
    before=$(state)
    each() {
      # Killed late, so that there is much to put back.
      killed $((last - 12)) $two
      FULL=1 PATH=/run/kill/bin:$PATH killed $n $two; over=$?
      ok sh $one
      same "$before" "$(state)" 'it is not as it was'
    }
    killed 0 $two; last=$(cat /run/kill/at); ok sh $one`,
}

/** What is over in a few commands, where one of so many would miss it: the function, and what is tried at every other of them. */
const narrow: Readonly<Record<string, readonly [within: string, text: string]>> = {
  'at the very end, then --purge': [
    'is_over',
    `before=$(state)
    each() {
      ok sh $one
      killed $n $two --ntfy https://ntfy.sh/topic; over=$?
      ok sh $two --purge
      alone ''
      same "$before" "$(state)" 'purged, the node is not as it was'
    }`,
  ],
  'at the very end, then --purge, then a run that fails': [
    'is_over',
    `before=$(state)
    each() {
      ok sh $one
      killed $n $two --ntfy https://ntfy.sh/topic; over=$?
      ok sh $two --purge
      late $two
      same "$before" "$(state)" 'what is gone was put back'
    }`,
  ],
  'at the very end, then a run that is refused': [
    'is_over',
    `each() {
      ok sh $one
      killed $n $two; over=$?
      FULL=1 PATH=/run/kill/bin:$PATH sh $two >/run/kill/out 2>&1 && fail 'it was not refused'
      is 'after the refused one' '1 2'
      [ "$(ls -A /opt | grep -vx murphy.former)" = murphy ] || fail "lies about: $(ls -A /opt)"
    }`,
  ],
  'before the first change, then --purge': [
    'plan_return',
    `before=$(state)
    each() {
      killed $n $one; over=$?
      ok sh $one --purge
      same "$before" "$(state)" 'purged, the node is not as it was'
    }`,
  ],
  'at the end of --purge': [
    'forget',
    `before=$(state)
    each() {
      ok sh $one --ntfy https://ntfy.sh/topic
      killed $n $one --purge; over=$?
      ok sh $one --purge
      same "$before" "$(state)" 'purged, the node is not as it was'
    }`,
  ],
}

/**
 * All of some 700 steps of each scenario take hours. So a few are taken here, spread over its length, in each scenario
 * others; `KILL_EACH=1 npm test -- install-killed` takes all, for whoever changes the installer, `KILL_EACH=60` one in 60.
 */
const { KILL_EACH: each } = process.env

/** Where a run is killed: at so many points, of which this is so far along (0 to 1) between one and the next. */
interface Points {
  readonly many: number
  readonly along: number
  /** Only what this function does counts. */
  readonly within?: string
  /** Where none runs a step takes a tenth of the time. */
  readonly systemd?: boolean
}

/** A scenario once undisturbed, which tells how many steps it has, then killed at these points. */
async function killedAt(
  t: Test,
  node: Container,
  text: string,
  { many, along, within = '', systemd = false }: Points,
) {
  const stride = each === undefined ? `$(((steps + ${many - 1}) / ${many}))` : each
  const first = each === undefined ? `$((1 + stride * ${Math.round(along * 100)} / 100))` : '1'
  const loop = `${tools}within=${within}
    ${text}
    n=1000000; each; steps=$(cat /run/kill/at); kills=0; stride=${stride}
    for n in $(seq ${first} $stride $steps); do
      [ $failed -lt 5 ] || break
      each; [ $over != 137 ] || kills=$((kills + 1))
    done
    echo "$steps steps, $kills kills, $failed failed"`
  const command = `${systemd ? '' : 'mount -t tmpfs none /run && '}mkdir -p /run/kill/bin && cd /run/kill &&
    cp /root/killer env && cp /root/df bin/df && exec bash /root/loop`
  await node.sh('cat > /root/loop', { input: loop })
  const { stdout, stderr } = await node.exec(
    ['unshare', ...(systemd ? ['--'] : ['-m']), 'sh', '-c', command],
    { timeout: 1500_000 },
  )
  const said = /^(\d+) steps, (\d+) kills, (\d+) failed$/m.exec(stdout)
  t.match(said, [/ steps/, /^\d+$/, /^[1-9]/, '0'], `${stdout}${stderr}`)
  t.comment(said?.[0])
}

for (const systemd of [false, true])
  t.test(systemd ? 'killed under systemd' : 'killed at any step', { skip }, async (t) => {
    const node = await bootContainer({ binds: [root] })
    t.teardown(() => node.stop())
    for (const version of ['1', '2'])
      await node.sh(
        `mkdir -p /root/release${version}/dist/agent /root/release${version}/runtime && cd /root/release${version}
         cp -R ${root}/install.sh ${root}/LICENSE ${root}/systemd . && cat > runtime/node && chmod +x runtime/node
         printf ${version} > dist/agent/main.js && echo "# ${version}" >> systemd/murphy.service`,
        { input: runtime },
      )
    await node.sh('cat > /root/killer', { input: killer })
    await node.sh('cat > /root/df && chmod +x /root/df', {
      input:
        '#!/bin/sh\n[ -z "$FULL" ] || { printf "x\\n/ 9 9 1024 9 /\\n"; exit; }\nexec /usr/bin/df "$@"\n',
    })
    const all = Object.entries(scenarios)
    for (const [at, [name, text]] of all.entries()) {
      // Not to the very end: where systemd answers sooner, a run has fewer steps.
      const points = { many: systemd ? 1 : 4, along: (0.8 * (at + 0.5)) / all.length, systemd }
      await t.test(name, (t) => killedAt(t, node, text, points))
      await node.sh('sh /root/release1/install.sh --purge')
    }
    if (!systemd)
      for (const [name, [within, text]] of Object.entries(narrow)) {
        await t.test(name, (t) => killedAt(t, node, text, { many: 4, along: Math.random(), within }))
        await node.sh('sh /root/release1/install.sh --purge')
      }
  })
