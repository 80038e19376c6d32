import t from 'tap'
import { enclosed } from '../../../../agent/host/redaction/brackets.ts'

t.test('where a list or group ends', async (t) => {
  for (const [inner, after] of [
    ['[a, [b], {c: d}]', ', e'],
    ['{"a":"}"}', '}'],
    ['{"a":"\\"}"}', '}'],
    ['{"a":"\\\\"}', '"}'],
    ["['it''s ]', b]", ']'],
    ["[it's]", "'"],
    ['[a"b]', '"]'],
    ['{\\"a\\":\\"}\\"}', '\\"'],
    ['{\\"a\\":\\"\\\\\\"}\\"}', '\\"}'],
    ['{a: !!str "}"}', '}'],
    ['{\n a: b\n}', '\nc'],
  ] as const)
    t.equal(enclosed(inner + after, 0), inner.length, inner + after)
  for (const text of ['[', '[[]', '{"a":"}', '[\\', "['"]) t.equal(enclosed(text, 0), text.length, text)
})
