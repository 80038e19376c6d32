import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { webhookReceiver, webhookSecret } from '../../../receivers/webhook.ts'
import { main, typed } from './typed.ts'

const { agent, folder } = typed(t)

t.test('notify --test says what came back', async (t) => {
  t.match(agent('notify', '--test'), { exit: 3, err: /no sink configured/ })
  const receiver = await webhookReceiver({ secret: webhookSecret })
  const told = join(folder, 'told.yaml')
  writeFileSync(
    told,
    `sinks:\n  - { type: webhook, url: "${receiver.url}", secret: "${webhookSecret}" }\n  - { type: webhook, name: dead, url: "http://127.0.0.1:1/" }\n`,
  )
  const child = spawn(process.execPath, [main, '--config', told, 'notify', '--test'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  child.stdout.on('data', (part) => (out += part))
  const exit = await new Promise((resolve) => child.once('close', resolve))
  t.equal(exit, 2)
  t.match(out, /webhook: accepted\ndead: failed: /)
  t.equal(receiver.events.length, 1)
  await receiver.close()
})
