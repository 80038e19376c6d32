import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { catalogue } from '../../../../agent/cli/commands/explain.ts'
import { markdown, renderArea, renderGraph, renderRule } from '../../../../agent/cli/render/explain.ts'
import { chain, rule } from '../../findings.ts'

const plain = { color: false, width: 80 }

const eyes = {
  a: {
    every: '0 */10 * * * *',
    woken: 'a file changes',
    settings: {
      warn_days: { type: 'integer', description: 'When to warn.', default: 30 },
      other: { type: 'integer', description: 'Of another rule.', default: 1 },
    },
  },
} as const

t.test('a rule explains itself, its causes and what it leads to', async (t) => {
  const text = renderRule(
    'a.effect',
    {
      rules: {
        ...chain,
        'a.effect': { ...chain['a.effect'], settings: ['warn_days'], pendingFor: 120_000 } as never,
      },
      collectors: eyes,
    },
    plain,
  )
  t.match(text, /a\.effect {2}\(warning\) {2}something is wrong/)
  t.match(text, /May come from\n {2}a\.cause \(within 60 s\)/)
  t.match(text, /May lead to\n {2}a\.later/)
  t.match(text, /1\. `do this`/)
  t.match(
    text,
    /How it is measured\s+A file\. Checked every 10 min\s+\(collectors\.a\.every\), and at once when a file\s+changes\./,
  )
  t.match(text, /Settings that change it\n {2}- collectors\.a\.warn_days \(30\): When to warn\n/)
  t.notMatch(text, /Of another rule/)
  const partly = { ...chain, 'a.effect': rule({ because: [{ code: 'a.cause', partly: true }] }) }
  const some = renderRule('a.effect', { rules: partly, collectors: {} }, plain)
  t.match(some, /a\.cause \(within 30 s, on some nodes\)/)
  t.match(text, /Notified after 2 min, once/)
})

t.test('the cascade is drawn as trees, and nothing twice', async (t) => {
  const rules = {
    ...chain,
    'b.other': rule({ because: [{ code: 'a.cause' }] }),
    'b.early': rule(),
    'a.effect': rule({ because: [{ code: 'a.cause' }, { code: 'b.early' }] }),
    // By way of its effect, and by itself.
    'a.later': rule({ because: [{ code: 'a.effect' }, { code: 'a.cause' }] }),
    'c.alone': rule(),
  }
  t.equal(
    renderGraph({ rules, collectors: {} }, plain),
    `a.cause  something is wrong
├─ a.effect  something is wrong
│  └─ a.later  something is wrong
└─ b.other  something is wrong

b.early  something is wrong
└─ a.effect  something is wrong …

Standing alone:
  c.alone  something is wrong

… and what follows from it, drawn above.
More: agent explain CODE, or of one area: agent explain a
`,
  )
})

t.test('an area is a table of its rules', async (t) => {
  const codes = ['a.cause', 'a.effect']
  t.equal(
    renderArea('a', codes, { rules: chain, collectors: eyes }, { ...plain, command: 'murphy' }),
    `a: 2 findings; checked every 10 min (collectors.a.every), and at once when a
file changes.

CODE      SEVERITY  TITLE
a.cause   critical  something is wrong
a.effect  warning   something is wrong

More: murphy explain CODE
`,
  )
  t.match(renderArea('agent', codes, { rules: chain, collectors: {} }, plain), /about Murphy itself/)
})

t.test('docs/findings.md is what the rules say now', async (t) => {
  const written = readFileSync(join(import.meta.dirname, '../../../../docs/findings.md'), 'utf8')
  t.equal(written, markdown(catalogue()), 'npm run docs writes it')
})
