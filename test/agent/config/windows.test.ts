import t from 'tap'
import { ConfigError, parseConfig } from '../../../agent/config/config.ts'
import { ownZone } from '../../../agent/config/windows.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { isZone } from '../../../agent/text/zones.ts'
import { things } from '../small.ts'

const hour = 3_600_000
const parsed = (text: string) =>
  parseConfig(text, { file: 'config.yaml', collectors: [things], sinks, environment: {} })

function errors(text: string): string {
  try {
    parsed(text)
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}
const hook = 'sinks:\n  - { type: webhook, url: "https://hooks.example/x", weekly: mon 09:00 }\n'

t.test('quiet hours, maintenance and weeks', async (t) => {
  const it = parsed(`zone: Europe/Berlin
${hook}quiet:
  - { days: [fri, sat], from: "22:00", to: 07:30, pass: nothing, sinks: [webhook] }
  - { from: 12:00, to: 13:00, zone: UTC }
maintenance:
  - { days: [sun], from: 02:00, to: "24:00", what: things.broken, why: updates }
`)
  t.strictSame(it.quiet, [
    {
      ...{ days: [5, 6], from: 22 * hour, to: 7.5 * hour, zone: 'Europe/Berlin' },
      ...{ passes: 'nothing', sinks: ['webhook'] },
    },
    { days: [0, 1, 2, 3, 4, 5, 6], from: 12 * hour, to: 13 * hour, zone: 'UTC', passes: 'critical' },
  ])
  t.strictSame(it.maintenance, [
    {
      ...{ days: [0], from: 2 * hour, to: 24 * hour, zone: 'Europe/Berlin' },
      ...{ what: 'things.broken', why: 'updates' },
    },
  ])
  t.strictSame(it.sinks[0]?.weekly, { weekday: 1, at: 9 * hour, zone: 'Europe/Berlin' })
  t.match(
    parsed(''),
    { quiet: [], maintenance: [], zone: undefined },
    'none is asked for where nothing needs one',
  )
  t.ok(isZone(ownZone()))
})

t.test('what is wrong is named by line and key', async (t) => {
  const quiet = (more: string) => errors(`${hook}quiet:\n  - { from: "22:00", to: "07:00"${more} }\n`)
  t.equal(quiet(''), '')
  t.match(quiet(', days: [monday]'), /config\.yaml:4.*quiet\[0\]\.days\[0\]/)
  t.match(quiet(', zone: Mars/Olympus'), /quiet\[0\]\.zone: must be a time zone/)
  t.match(quiet(', sinks: [webhok]'), /quiet\[0\]\.sinks\[0\]: no sink has this name; did you mean webhook\?/)
  t.match(quiet(', pass: all'), /quiet\[0\]\.pass/)
  t.match(errors('quiet:\n  - { from: "22:00" }\n'), /config\.yaml:2.*quiet\[0\].*to/)
  t.match(errors('quiet:\n  - { from: 10pm, to: "07:00" }\n'), /quiet\[0\]\.from/)
  t.match(errors('quiet:\n  - { from: "07:00", to: "07:00" }\n'), /quiet\[0\]\.to: is the same as from/)
  t.match(errors('zone: Nowhere\n'), /config\.yaml:1.*zone: must be a time zone/)
  const maintenance = (what: string) =>
    errors(`maintenance:\n  - { from: "02:00", to: "03:00", what: ${what} }\n`)
  t.equal(maintenance('shop/db-0'), '')
  t.equal(maintenance('things'), '')
  t.match(maintenance('things.borken'), /maintenance\[0\]\.what: is no code; did you mean things\.broken\?/)
  t.match(maintenance('things.blind'), /never hidden/)
  t.match(maintenance('agent.sink-failing'), /never hidden/)
  t.equal(maintenance('things.broken/shop/db-0'), '')
  t.match(maintenance('thingz'), /config\.yaml:2.*maintenance\[0\]\.what: no area has this name/)
  t.match(errors(hook.replace('mon 09:00', 'monday 9')), /config\.yaml:2.*sinks\[0\]\.weekly/)
})

t.test('what would have no effect is refused, by line and key', async (t) => {
  const alerts = '  - { type: alertmanager, name: am, urls: [http://am.example:9093] }\n'
  const quiet = (more: string, sinks = hook + alerts) =>
    errors(`${sinks}quiet:\n  - { from: "22:00", to: "07:00"${more} }\n`)
  t.equal(quiet(''), '')
  const never = 'is not for alertmanager: it gets all that is open, again every minute; .*mute_time'
  t.match(
    quiet(', sinks: [webhook, am]'),
    new RegExp(`config\\.yaml:5.*quiet\\[0\\]\\.sinks\\[1\\]: ${never}`),
  )
  t.match(quiet('', `sinks:\n${alerts}`), new RegExp(`config\\.yaml:4.*quiet\\[0\\]: ${never}`))
  t.equal(quiet('', ''), '', 'there may be sinks later')
  t.match(
    quiet(', days: []'),
    /quiet\[0\]\.days: is empty, so it would never begin; leave it out for every day/,
  )
  t.match(quiet(', sinks: []'), /quiet\[0\]\.sinks: is empty, so it would be for none; leave it out for all/)
  t.match(
    errors('maintenance:\n  - { from: "02:00", to: "03:00", days: [] }\n'),
    /config\.yaml:2.*maintenance\[0\]\.days: is empty/,
  )
  t.match(
    errors(
      `${hook}  - { type: webhook, name: sms, url: "https://h.example", weekly: mon 09:00, only_when: [webhook] }\n`,
    ),
    /config\.yaml:3.*sinks\[1\]\.weekly: is not for a sink with only_when: it is used only while others fail/,
  )
})
