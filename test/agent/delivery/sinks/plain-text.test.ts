import t from 'tap'
import { words } from '../../../../agent/delivery/sinks/message.ts'
import type { Words } from '../../../../agent/delivery/sinks/parts.ts'
import { plainText } from '../../../../agent/delivery/sinks/plain-text.ts'
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
