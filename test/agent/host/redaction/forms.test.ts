import t from 'tap'
import { without } from '../../../../agent/host/redaction/cut.ts'
import { forms } from '../../../../agent/host/redaction/forms.ts'
import { planted } from '../../planted.ts'

const withoutForms = (text: string) => without(text, forms)

t.test('secrets are known by their looks, also in a text with escapes', async (t) => {
  // These are known by their name alone.
  const named = /^(pw=|PIN:|password:|--token|PrivateKey|aws_)/
  for (const [text, secret] of planted.filter(([it]) => !named.test(it)))
    for (const around of [text, `a ${text} b`, `"${text}"`, JSON.stringify(`x\n${text}\nx`), `\0${text}\0`])
      t.notOk(withoutForms(around).includes(secret), around)
})

t.test('and only they', async (t) => {
  for (const text of [
    'https://10.0.0.1:6443/version?limit=1',
    'postgres://db.example:5432/x',
    'sha256:4a1c4b21597c1b4415bdbecb28a3296c6b5e23ca4f9feeb599860a1dac6a0108',
    '42e08f593867efed012aba18377d2fbfbbd914b956e8e74ef3bc00688c3e4de9',
    'system:node:node1 at 2026-11-23T03:40:00.123456789Z, 10.42.0.1/24, fe80::1',
    '/var/log/pods/cert-manager_webhook_590e112b-f426-43df-a156-a82643a83dd3/webhook/0.log',
    'tasks-a-b-c and basic usage of tk in node1.cluster.local',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    'KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "default/web:http"',
  ])
    t.equal(withoutForms(text), text)
})
