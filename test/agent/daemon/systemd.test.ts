import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { supervisor } from '../../../agent/daemon/systemd.ts'

// What is really sent to a real systemd is shown in test/real/systemd.test.ts; here only what is asked of the tool.
t.test('without a supervisor nothing is sent', async (t) => {
  const it = supervisor({})
  it.ready()
  it.stopping()
  it.stop()
  t.pass('and nothing breaks')
})

t.test('ready, the watchdog at half its time, and stopping', async (t) => {
  const folder = t.testdir({ 'systemd-notify': '#!/bin/sh\necho "$@" >> "$0.said"\n' })
  chmodSync(`${folder}/systemd-notify`, 0o755)
  const it = supervisor({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '200000', PATH: `${folder}:/usr/bin:/bin` })
  it.ready()
  const said = () =>
    existsSync(`${folder}/systemd-notify.said`) ? readFileSync(`${folder}/systemd-notify.said`, 'utf8') : ''
  for (
    let count = 0;
    count < 200 && !(said().includes('--ready') && said().includes('WATCHDOG=1'));
    count += 1
  )
    await sleep(20)
  t.match(said(), new RegExp(`--pid=${process.pid} --ready`))
  t.match(said(), /WATCHDOG=1/)
  it.stopping()
  for (let count = 0; count < 200 && !said().includes('STOPPING'); count += 1) await sleep(20)
  t.match(said(), /STOPPING=1/)
  it.stop()
})
