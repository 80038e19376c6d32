import t from 'tap'
import { Errors } from 'typebox/schema'
import { defaults } from '../../../agent/config/defaults.ts'
import {
  collectorProperties,
  generalProperties,
  heartbeatProperties,
  kubernetesProperties,
  maintenanceProperties,
  quietProperties,
  sinkProperties,
  weekdays,
} from '../../../agent/config/keys.ts'
import {
  generalSchema,
  heartbeatSchema,
  maintenanceSchema,
  quietSchema,
  sinkSchema,
} from '../../../agent/config/schema.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { collectors } from '../../../collectors/index.ts'
import { things } from '../small.ts'

const fits = (schema: object, value: unknown) => Errors(schema as never, value as never)[0]

t.test('defaults obey their own schema', async (t) => {
  const { collectors: _, ...general } = defaults(generalProperties) as Record<string, unknown>
  t.ok(fits(generalSchema(collectors), general))
  t.ok(fits(generalSchema([things]), { collectors: { things: defaults(collectorProperties(things)) } }))
  for (const it of sinks) t.ok(fits(sinkSchema(it), { type: it.name, ...defaults(sinkProperties) }), it.name)
  t.ok(fits(generalSchema([]), { kubernetes: defaults(kubernetesProperties) }))
  t.ok(fits(heartbeatSchema, { url: 'https://hc-ping.com/x', ...defaults(heartbeatProperties) }))
  const night = { from: '22:00', to: '07:00' }
  t.ok(fits(quietSchema, { ...night, ...defaults(quietProperties) }))
  t.ok(fits(maintenanceSchema, { ...night, ...defaults(maintenanceProperties) }))
})

t.test('times of a day, and days of a week', async (t) => {
  const night = { from: '22:00', to: '24:00', days: weekdays }
  t.ok(fits(quietSchema, night))
  for (const wrong of [
    { from: '24:00' },
    { to: '7:00' },
    { to: '24:01' },
    { days: ['monday'] },
    { days: 'mon' },
  ])
    t.notOk(fits(quietSchema, { ...night, ...wrong }), JSON.stringify(wrong))
  t.notOk(fits(maintenanceSchema, { from: '22:00' }), 'without an end')
})
