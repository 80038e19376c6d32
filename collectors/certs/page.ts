import type { Page, View } from '../../agent/model/index.ts'
import { timestamp } from '../../agent/text/times.ts'
import { renderCerts } from './page/render.ts'
import { type Row, rowsOf } from './rows.ts'
import type { CertsSample } from './sample.ts'

type CertsView = View<CertsSample, { readonly warn_days: number }>

/** `agent certs`: every certificate, the most urgent first. */
export const page: Page<CertsSample, { readonly warn_days: number }> = {
  name: 'certs',
  meaning: 'every certificate, the most urgent first',
  words: [['--all', 'authorities, copies and what nobody uses as well']],
  render: (view, terminal) => renderCerts(view, shown(view), terminal),
  json: (view) => ({ certificates: shown(view).map(dated) }),
}

const shown = ({ sample, settings, now, options }: CertsView) =>
  rowsOf(sample, settings.warn_days, now, options.all === true)

const dated = ({ from, to, ...row }: Row) => ({
  ...row,
  ...(from !== undefined && { from: timestamp(from) }),
  ...(to !== undefined && { to: timestamp(to) }),
})
