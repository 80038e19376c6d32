import t from 'tap'
import { words } from '../../../../agent/delivery/sinks/message.ts'
import type { Words } from '../../../../agent/delivery/sinks/parts.ts'
import { onOwnLine, plainText } from '../../../../agent/delivery/sinks/plain-text.ts'
import { hostile, hostileNotices, notice } from '../../../receivers/notices.ts'

const said: Words = {
  ...words(notice('opened')),
  ...{ text: 'what', impact: 'impact', cause: 'cause', also: 'also', standing: 'since', fix: ['a', 'b'] },
  avoid: ["Don't c: d."],
}

t.test('in the order in which somebody reads it', async (t) => {
  t.equal(
    plainText(said),
    "what\nImpact: impact\nFix\n1. a\n2. b\nDon't c: d.\nCause: cause\nAlso affected: also\nsince",
  )
  t.equal(
    plainText({ ...said, fix: ['a'], avoid: [], cause: '', also: '' }),
    'what\nImpact: impact\nFix\na\nsince',
  )
})

t.test('the name of the cluster is at its end', async (t) => {
  t.match(plainText({ ...said, cluster: 'cluster home' }), /\nsince · cluster home$/)
  t.match(plainText({ ...said, standing: '', cluster: 'cluster home' }), /\ncluster home$/)
})

t.test('a command on a line of its own can be selected and pasted as it is', async (t) => {
  const fix = ['See it (on a server): `kubectl get nodes`', 'Open port `6443` in the router', '`uptime`']
  const text = plainText({ ...said, fix }, onOwnLine)
  t.match(
    text,
    '\n1. See it (on a server):\nkubectl get nodes\n2. Open port `6443` in the router\n3. uptime\n',
  )
})

t.test('steps are whole, or counted', async (t) => {
  const fix = Array.from({ length: 8 }, (_, at) => `\`kubectl delete pod ${at}${'x'.repeat(180)}\``)
  const text = plainText({ ...said, fix })
  t.match(text, /\n3 more: `agent status`\nDon't/)
  t.equal(text.match(/x{180}`/g)?.length, 5)
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text)) {
      const it = plainText(words(of))
      t.ok(Buffer.byteLength(JSON.stringify(it)) <= 4096, of.kind)
      t.ok(it.isWellFormed())
    }
  })
