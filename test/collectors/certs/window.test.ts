import t from 'tap'
import { ofK3s, ofOthers, renewalDays, stage } from '../../../collectors/certs/window.ts'

const day = 86_400_000

t.test('the window by release', async (t) => {
  const releases: Record<string, 90 | 120> = {
    'v1.21.2+k3s1': 90,
    'v1.29.15+k3s1': 90,
    'v1.30.12+k3s1': 90,
    'v1.30.13+k3s1': 120,
    'v1.31.8+k3s1': 90,
    'v1.31.9+rke2r1': 120,
    'v1.32.4+k3s1': 90,
    'v1.32.5+k3s1': 120,
    'v1.33.0+k3s1': 90,
    'v1.33.1+k3s1': 120,
    'v1.34.0+k3s1': 120,
    'v2.0.0': 120,
    '1.33.1': 120,
    nonsense: 90,
  }
  for (const [version, days] of Object.entries(releases)) t.equal(renewalDays(version), days, version)
  t.equal(renewalDays(undefined), 90)
})

t.test('a life of 365 days as k3s gives it', async (t) => {
  const life = { from: 0, to: 365 * day }
  const left = (days: number, version?: string) => stage(life, ofK3s(version), life.to - days * day)
  t.equal(left(364), 'good')
  t.equal(left(121, 'v1.33.1+k3s1'), 'good')
  t.equal(left(119, 'v1.33.1+k3s1'), 'soon')
  t.equal(left(100, 'v1.21.2+k3s1'), 'good')
  t.equal(left(91), 'good')
  t.equal(left(89), 'soon')
  t.equal(left(8), 'soon')
  t.equal(left(6), 'last days')
  t.equal(left(0), 'last days', 'its last moment is part of its life')
  t.equal(stage(life, ofK3s(undefined), life.to + 1), 'expired')
  t.equal(stage(life, ofK3s(undefined), -1), 'early')
  t.equal(stage(life, ofK3s(undefined), 0), 'good')
})

t.test('a short life is not one long warning', async (t) => {
  const month = { from: 0, to: 30 * day }
  const k3s = ofK3s('v1.33.1+k3s1')
  t.equal(stage(month, k3s, 14 * day), 'good')
  t.equal(stage(month, k3s, 16 * day), 'soon')
  t.equal(stage(month, k3s, 26 * day), 'soon')
  t.equal(stage(month, k3s, 28 * day), 'last days')
  const acme = { from: 0, to: 90 * day }
  t.equal(stage(acme, ofOthers(30), 61 * day), 'good', 'certbot renews it with 30 days left')
  t.equal(stage(acme, ofOthers(30), 64 * day), 'soon', 'it did not')
  t.equal(stage({ from: 0, to: 365 * day }, ofOthers(60), 306 * day), 'soon')
  t.equal(stage({ from: 0, to: 365 * day }, ofOthers(30), 306 * day), 'good')
})
