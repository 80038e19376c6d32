import t from 'tap'
import type { Post, Sent } from '../../../agent/delivery/post.ts'
import { discord } from '../../../agent/delivery/sinks/discord.ts'
import { messageOf, tell } from '../../../agent/delivery/tell.ts'
import type { Letter, Reading } from '../../../agent/model/index.ts'
import { notice, over, since } from '../../receivers/notices.ts'

const settings = { url: 'https://discord.com/api/webhooks/1/abcdef' }

function script(...readings: readonly (Reading & { rest?: number })[]) {
  const sent: Letter[] = []
  const rests: number[] = []
  const post: Post = {
    async send(letter): Promise<Sent> {
      sent.push(letter)
      const { rest = 0, ...reading } = readings[sent.length - 1] ?? { outcome: 'accepted' as const }
      return { reading, rest }
    },
    hold: async () => 'recent' as const,
    isOpen: () => true,
    redact: (text) => text.replaceAll('abcdef', '<hidden>'),
    close: async () => undefined,
  }
  const rested = async (ms: number) => void rests.push(ms)
  return {
    sent,
    rests,
    methods: () => sent.map(({ method }) => method),
    tell: (...[of, about]: [Parameters<typeof tell>[0], string?]) =>
      tell(of, {
        ...{
          sink: discord,
          settings,
          post,
          now: () => since + 60_000,
          receipt: about,
          abilities: {},
          rested,
        },
      }),
  }
}

t.test('the receipt is that of the new message, not of the edit', async (t) => {
  const it = script({ outcome: 'accepted', receipt: '2' }, { outcome: 'accepted', receipt: '1', rest: 7 })
  t.match(await it.tell(notice('worse'), '1'), { reading: { outcome: 'accepted' }, receipt: '2', rest: 7 })
  t.same(it.methods(), ['POST', 'PATCH'])
  const edited = script({ outcome: 'accepted', receipt: '1' })
  t.equal((await edited.tell(notice('grew'), '1')).receipt, undefined)
})

t.test('between letters the service is given the rest it asks for', async (t) => {
  const it = script({ outcome: 'accepted', rest: 1250 }, { outcome: 'accepted', rest: 99 })
  await it.tell(notice('resolved', over()), '1')
  t.same(it.rests, [1250])
})

t.test('an edit of a message that is gone: all of it anew', async (t) => {
  const it = script({ outcome: 'refused', why: 'x' }, { outcome: 'accepted', receipt: '5' })
  t.match(await it.tell(notice('grew'), '1'), { reading: { outcome: 'accepted' }, receipt: '5' })
  t.same(it.methods(), ['PATCH', 'POST'])
})

t.test('the first letter that is not accepted ends it', async (t) => {
  for (const reading of [
    { outcome: 'again', why: 'x', wait: 5 },
    { outcome: 'gone', why: 'x' },
  ] as const) {
    const it = script(reading)
    t.match((await it.tell(notice('worse'), '1')).reading, reading)
    t.equal(it.sent.length, 1)
  }
  const refused = script({ outcome: 'refused', why: 'x' })
  t.equal((await refused.tell(notice('opened'))).reading.outcome, 'refused')
  t.equal(refused.sent.length, 1)
})

t.test(
  'what rang and was accepted is not sent again, whatever comes of marking the old message',
  async (t) => {
    for (const reading of [
      { outcome: 'refused', why: 'x' },
      { outcome: 'again', why: 'x', wait: 5 },
    ] as const) {
      const it = script({ outcome: 'accepted', receipt: '2' }, reading)
      const { receipt, rest, reading: end } = await it.tell(notice('worse'), '1')
      t.same([end.outcome, receipt, rest], ['accepted', '2', reading.outcome === 'again' ? 5 : 0])
      t.same(it.methods(), ['POST', 'PATCH'])
    }
  },
)

t.test('nothing to say is said well', async (t) => {
  t.equal((await script().tell(notice('merged'))).reading.outcome, 'accepted')
})

t.test('the time in a letter is that of the attempt', async (t) => {
  const it = script()
  await it.tell(notice('opened'))
  t.match(it.sent[0]?.body, /since 03:12 UTC \(60 s\)/)
})

t.test('what cannot be written is refused, without a secret', async (t) => {
  const reading = await tell(notice('opened'), {
    ...{ settings, now: Date.now, receipt: undefined, abilities: {}, rested: async () => undefined },
    sink: {
      ...discord,
      compose() {
        throw new Error('cannot parse https://x/abcdef')
      },
    },
    post: {
      send: () => Promise.reject(new Error('never')),
      hold: async () => 'recent' as const,
      isOpen: () => true,
      redact: (text) => text.replaceAll('abcdef', '<hidden>'),
      close: async () => undefined,
    },
  })
  t.same(reading.reading, { outcome: 'refused', why: 'cannot parse https://x/<hidden>' })
  t.equal(messageOf(new Error('x'.repeat(1000))).length, 200)
})
