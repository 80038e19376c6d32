import type { Rule, Rules } from '../model.ts'
import { paint, span, type Terminal, wrap } from './terminal.ts'

/** The page of one rule, from its declaration. */
export function renderRule(code: string, rules: Rules, terminal: Terminal): string {
  const rule = rules[code] as Rule
  const causes = (rule.because ?? []).map(
    (it) =>
      `${it.code}${it.within === undefined ? '' : ` (up to ${span(it.within)} before)`}${it.same ? ` of the same ${it.same}` : ''}`,
  )
  const leadsTo = Object.entries(rules).flatMap(([other, it]) =>
    it.because?.some((cause) => cause.code === code) ? [other] : [],
  )
  const part = (title: string, text: string) => [
    `${paint(terminal, 'bold', title)}`,
    wrap(terminal, text, 2),
    '',
  ]
  return [
    `${paint(terminal, 'bold', code)}  (${rule.severity})  ${rule.title}`,
    '',
    ...part('What it means', rule.meaning),
    ...part('What follows', rule.so),
    ...(causes.length > 0 ? part('May come from', causes.join(', ')) : []),
    ...(leadsTo.length > 0 ? part('May lead to', leadsTo.join(', ')) : []),
    paint(terminal, 'bold', 'Next'),
    ...rule.next.map((step, at) => wrap(terminal, `${at + 1}. ${step}`, 2, 5)),
    '',
    ...(rule.never ? part('Never', rule.never) : []),
    ...(rule.after
      ? [wrap(terminal, `People are told once it has been so for ${span(rule.after)}.`, 0), '']
      : []),
  ].join('\n')
}

/** Every code with its title, for `agent explain` alone. */
export function renderRules(rules: Rules, terminal: Terminal): string {
  const width = Math.max(...Object.keys(rules).map((it) => it.length))
  return Object.entries(rules)
    .map(([code, rule]) =>
      wrap(
        terminal,
        `${code.padEnd(width).replaceAll(' ', '\u00a0')} ${rule.severity}: ${rule.title}`,
        2,
        width + 3,
      ).replaceAll('\u00a0', ' '),
    )
    .join('\n')
    .concat('\n')
}
