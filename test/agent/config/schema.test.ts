import t from 'tap'
import { Errors } from 'typebox/schema'
import { generalSchema, jsonSchema, sinkSchema, withSecretForms } from '../../../agent/config/schema.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { collectors } from '../../../collectors/index.ts'
import { things } from '../small.ts'

const fits = (schema: object, value: unknown) => Errors(schema as never, value as never)[0]

t.test('a secret may be given in three ways, anything else as itself', async (t) => {
  const url = { type: 'string', description: 'Where.', secret: true } as const
  const topic = { type: 'string', description: 'What.' } as const
  const forms = withSecretForms({ url, topic })
  t.strictSame(Object.keys(forms), ['url', 'url_file', 'url_credential', 'topic'])
  t.strictSame(
    forms.url_file,
    { type: 'string', description: 'Where. Given as the path of a file that holds it.' },
    'a path is no secret',
  )
})

t.test('what is not said is not allowed, at any depth', async (t) => {
  const schema = generalSchema([things])
  t.ok(fits(schema, {}))
  t.ok(fits(schema, { sinks: [{ anything: 1 }] }), 'a sink is checked by its type')
  for (const wrong of [
    { other: 1 },
    { collectors: { other: {} } },
    { collectors: { things: { other: 1 } } },
    { collectors: { things: { enabled: 'yes' } } },
    { remind_hours: 8761 },
    { remind_hours: -1 },
    { state_dir: 'relative' },
    { socket: 'relative' },
    { sinks: {} },
    { sinks: ['x'] },
  ])
    t.notOk(fits(schema, wrong), JSON.stringify(wrong))
  const [discord] = sinks as [(typeof sinks)[number]]
  t.notOk(fits(sinkSchema(discord), {}), 'a sink has a type')
  t.notOk(fits(sinkSchema(discord), { type: 'other' }))
  t.notOk(fits(sinkSchema(discord), { type: discord.name, name: 'a b' }))
  t.notOk(fits(sinkSchema(discord), { type: discord.name, other: 1 }))
})

t.test('the schema for editors describes every key', async (t) => {
  const schema = jsonSchema(collectors, sinks) as {
    properties: { sinks: { items: { oneOf: { properties: object }[] } }; collectors: { properties: object } }
  }
  t.equal(schema.properties.sinks.items.oneOf.length, sinks.length)
  t.strictSame(
    Object.keys(schema.properties.collectors.properties),
    collectors.map((it) => it.name),
  )
  const undescribed: string[] = []
  const walk = (properties: object, at: string) => {
    for (const [key, it] of Object.entries(properties) as [
      string,
      { description?: string; properties?: object },
    ][]) {
      if (it.properties) walk(it.properties, `${at}.${key}`)
      else if (!it.description) undescribed.push(`${at}.${key}`)
    }
  }
  walk(schema.properties, '')
  for (const it of schema.properties.sinks.items.oneOf) walk(it.properties, 'sink')
  t.strictSame(undescribed, [])
})
