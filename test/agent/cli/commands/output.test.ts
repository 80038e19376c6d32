import t from 'tap'
import { parse } from 'yaml'
import {
  dataText,
  datedText,
  formOf,
  isAtLeast,
  namesOf,
  namesOfAll,
  severityOf,
} from '../../../../agent/cli/commands/output.ts'
import type { Incident } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'
import { picture } from '../../small.ts'

t.test('the forms, and that there is no other', async (t) => {
  t.equal(formOf({}), 'text')
  t.equal(formOf({ json: true }), 'json')
  for (const output of ['wide', 'json', 'yaml', 'name']) t.equal(formOf({ output }), output)
  t.equal(formOf({ json: true, output: 'yaml' }), 'yaml', 'the longer word counts')
  t.throws(() => formOf({ output: 'xml' }), { exit: 3, message: '-o xml: use one of wide, json, yaml, name' })
})

t.test('a severity and what is graver', async (t) => {
  t.equal(severityOf({}), 'info')
  t.equal(severityOf({ severity: 'critical' }), 'critical')
  t.throws(() => severityOf({ severity: 'bad' }), {
    message: /--severity bad: use one of info, warning, crit/,
  })
  t.equal(isAtLeast({ severity: 'warning' }, 'warning'), true)
  t.equal(isAtLeast({ severity: 'info' }, 'warning'), false)
})

t.test('JSON and YAML hold the same, times as ISO 8601', async (t) => {
  const json = JSON.parse(await dataText('json', picture))
  t.equal(json.at, '2026-11-23T03:30:00.000Z')
  t.strictSame(parse(await dataText('yaml', picture)), json)
  t.strictSame(JSON.parse(await datedText('json', { last: 3 })), { last: 3 }, 'a number that is no time')
  t.strictSame(parse(await datedText('yaml', { last: 3 })), { last: 3 })
})

t.test('names, each once', async (t) => {
  const one = finding({ code: 'a.b', subject: 'x' })
  const over = finding({ code: 'a.c', subject: 'y', resolved: 1 })
  t.equal(namesOf([one, one, over]), 'a.b/x\na.c/y\n')
  const incident = { ...picture.incidents[0], cause: one, affected: [over] } as Incident
  t.equal(namesOfAll([incident], true), 'a.b/x\n')
  t.equal(namesOfAll([incident], false), 'a.b/x\na.c/y\n')
})
