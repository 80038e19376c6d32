import t from 'tap'
import { escaped, headline, inline, pieces } from '../../../../agent/delivery/sinks/html.ts'
import { words } from '../../../../agent/delivery/sinks/message.ts'
import { hostile, hostileNotices, incident, notice } from '../../../receivers/notices.ts'
import { shownByTelegram } from '../../../receivers/telegram.ts'

t.test('a text is shown as it is, and commands as code', async (t) => {
  t.equal(escaped('<b>"a" & b</b>'), '&lt;b&gt;&quot;a&quot; &amp; b&lt;/b&gt;')
  t.equal(inline('run `ls > x` now'), 'run <code>ls &gt; x</code> now')
  t.equal(inline('one ` alone'), 'one ` alone')
  t.equal(inline('``'), '', 'nothing between two is nothing')
})

t.test('each command by itself, each step whole', async (t) => {
  const said = words(notice('opened'))
  t.equal(headline(said), '🔴 <b>node1: the firewall was flushed</b>')
  t.strictSame(
    pieces(said).filter(({ kind }) => kind === 'command'),
    [{ kind: 'command', html: 'systemctl restart k3s' }],
  )
  const fix = Array.from({ length: 9 }, (_, at) => `See it: \`kubectl get pod ${at}${'x'.repeat(300)}\``)
  const many = pieces(words(notice('opened', incident({ fix }))))
  t.match(many.map(({ html }) => html).join('\n'), /\d more: <code>agent status<\/code>/)
  for (const { html } of many.filter(({ kind }) => kind === 'command'))
    t.match(html, /^kubectl get pod \dx{300}$/, 'no step is cut')
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text)) {
      const all = pieces(words(of))
      const shown = all.map(({ html }) => shownByTelegram(html))
      t.ok(
        shown.every((it) => it !== undefined && !it.includes('\n')),
        `${of.kind}: whole tags, one line each`,
      )
      t.ok(shown.join('\n').length <= 3900, `${of.kind}: ${shown.join('\n').length}`)
    }
  })
