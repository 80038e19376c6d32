import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { certs } from '../../../collectors/certs/index.ts'
import { measures } from '../../../collectors/certs/measures.ts'
import type { Certificate, CertsSample } from '../../../collectors/certs/sample.ts'
import { declaredAlone } from '../../measures.ts'

const day = 86_400_000
const certificate = (name: string, to: number, more = {}): Certificate => ({
  ...{ name, subject: name, issuer: 'ca', serial: '1', from: 0, to, print: `${name}${to}`, ...more },
})
const file = (path: string, ...certificates: Certificate[]) => ({
  ...{ path, of: 'extra' as const, stamp: '1', certificates },
})

t.test('when each certificate ends, and how many are in which state', async (t) => {
  const sample: CertsSample = {
    files: [
      file('/a.crt', certificate('good', 400 * day), certificate('good', 300 * day)),
      file('/b.crt', certificate('over', 10 * day)),
    ],
    served: [],
  }
  const all = measures.of(sample, defaults(certs.settings), 100 * day)
  t.strictSame(
    all.filter((it) => it.name === 'certificate_not_after_timestamp_seconds'),
    [
      { where: '/b.crt', name: 'over', value: 864_000 },
      { where: '/a.crt', name: 'good', value: 25_920_000 },
    ].map(({ value, where, name }) => ({
      name: 'certificate_not_after_timestamp_seconds',
      labels: { where, name, kind: 'leaf' },
      value,
    })),
    'the first that ends first; of two of one name in one file, the one that ends first',
  )
  t.match(
    all.filter((it) => it.name === 'certificates').map((it) => [it.labels?.state, it.value]),
    [
      ['expired', 1],
      ['ok', 2],
    ],
  )
})

t.test('of recorded nodes', (t) => declaredAlone(t, certs, 'certificate_not_after_timestamp_seconds'))
