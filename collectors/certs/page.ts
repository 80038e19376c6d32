import { type Page, Refusal, type View } from '../../agent/model/index.ts'
import { parseDuration } from '../../agent/text/durations.ts'
import { timestamp } from '../../agent/text/times.ts'
import { renderCerts } from './page/render.ts'
import { type Row, rowsOf } from './rows.ts'
import type { CertsSample } from './sample.ts'

type CertsView = View<CertsSample, { readonly warn_days: number }>

/** `agent certs`: every certificate, the most urgent first. */
export const page: Page<CertsSample, { readonly warn_days: number }> = {
  name: 'certs',
  meaning: 'every certificate, the most urgent first',
  words: [
    ['--all', 'also CAs, copies and unused certs'],
    ['--expiring-within <TIME>', 'only what expires by then, or has expired: 30d'],
  ],
  render: (view, terminal) => renderCerts(view, shown(view), terminal),
  names: (view) => shown(view).map((it) => it.where),
  json: (view) => ({ certificates: shown(view).map(dated) }),
}

const shown = ({ sample, settings, now, options }: CertsView): readonly Row[] => {
  const rows = rowsOf(sample, settings.warn_days, now, options.all === true)
  const { expiringWithin } = options
  if (expiringWithin === undefined) return rows
  const length = parseDuration(String(expiringWithin))
  if (length === undefined)
    throw new Refusal(`--expiring-within ${expiringWithin}: use for example 12h, 30d or 90d`)
  return rows.filter(({ to }) => to !== undefined && to - now <= length)
}

const dated = ({ from, to, ...row }: Row) => ({
  ...row,
  ...(from !== undefined && { from: timestamp(from) }),
  ...(to !== undefined && { to: timestamp(to) }),
})
