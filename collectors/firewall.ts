import { collector, type Past } from '../agent/model.ts'
import { assess } from './firewall/assess.ts'
import { isGeneration } from './firewall/author.ts'
import { collect } from './firewall/collect.ts'
import { rules } from './firewall/rules.ts'
import { byOwner, cellsOf, type FirewallSample } from './firewall/sample.ts'
import { summary } from './firewall/summary.ts'

/**
 * iptables rules of both backends and both families, in numbers, and whether they still let people in.
 *
 * `nft monitor` tells of changes of the nft backend at once; reading rules makes no new generation, so that
 * a round never wakes itself. Nothing tells of the legacy backend's, so that its changes wait for the next
 * round; five minutes keep the idle cost of a round (measured: 25 ms, and two processes of 5 ms) near 0.01 % of a core.
 */
export const firewall = collector({
  name: 'firewall',
  title: 'Firewall',
  every: '20 */5 * * * *',
  timeout: 90_000,
  rules,
  settings: {},
  collect: (host, _settings, past: Past<FirewallSample>) => collect(host, past),
  assess: (sample, _past, _settings, now) => assess(sample, now),
  summary: (sample) => summary(sample),
  series: (sample) => {
    const cells = cellsOf(sample.sets)
    const owners = byOwner(cells).map(([owner, count]) => [`rules.${owner}`, count] as const)
    return { rules: sample.sets.reduce((sum, it) => sum + it.rules, 0), ...Object.fromEntries(owners) }
  },
  watch: (_settings, sample) => [
    ...(sample?.monitor
      ? [{ kind: 'command' as const, argv: [sample.monitor, 'monitor'], worth: isGeneration }]
      : []),
    { kind: 'paths' as const, paths: ['/etc/ufw/ufw.conf', '/etc/default/ufw', '/etc/ssh/sshd_config'] },
  ],
})
