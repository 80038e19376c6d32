import type { Finding, Rule } from '../../agent/model/index.ts'
import { longestTitle } from '../../agent/text/titles.ts'

/** What can be held of how Murphy speaks: each function returns what is wrong, in sentences. Pure. */

/** Behind so many characters of a title a lock screen may show nothing more. */
export const keyWithin = 32
/** Words a sentence, in what somebody reads who was just woken; in what is read to understand a rule. */
const longestSentence = 18
const longestExplained = 30
/** Words of the reason why something must not be done. */
const longestReason = 10

/** Phrases that nobody searches for, or that a tired reader reads wrongly. */
const banned: readonly RegExp[] = [
  /\bwant of\b/i,
  /\banew\b/i,
  /\bmend(s|ed|ing)?\b/i,
  /\btold\b/i,
  // What replaces something for a while stands in for it.
  /\bstands?\b(?![- ]ins?\b)/i,
  /\bway in\b/i,
  /\bleads? nowhere\b/i,
  /\bmade again\b/i,
  /\bfits? together\b/i,
  /\bcomes? and goes?\b/i,
  /\bshuts?( \w+)? out\b/i,
  /\b(take|takes|taken|took) back\b/i,
  /\b(a|an|the|this|that|each|every|next|last|first|one|no|its|per|another|any|own|single) looks?\b/i,
  /^(So|Never|Next)\b[:,]/,
]
const bannedOfCertificates = /\b(run|runs|ran|running) out\b/i

/** Words that nothing of what is over may be titled with. A title is read behind "resolved after 6 min:" too. */
const present = /\b(is|are|has|have|will|was|were)\b/i

const spans = (text: string): readonly string[] =>
  Array.from(text.matchAll(/`([^`]*)`/g), ([, it = '']) => it)
const words = (text: string) =>
  text
    .replace(/`[^`]*`/g, 'command')
    .split(/\s+/)
    .filter((it) => /[\p{L}\p{N}]/u.test(it))
const sentences = (text: string) => text.replace(/`[^`]*`/g, 'command').split(/(?<=[.?!;:])["')]*\s+/)

export function titleFaults(title: string): readonly string[] {
  return [
    ...(title.length > longestTitle ? [`${title.length} characters, not ${longestTitle}: ${title}`] : []),
    ...(title.length < 4 || /[.\n`]$/.test(title) ? [`no title: ${title}`] : []),
    ...(present.test(title) ? [`reads as if it lasted once it is over: ${title}`] : []),
    ...bannedIn(title),
  ]
}

/** `code` decides which words are banned. */
export function textFaults(text: string, code: string, longest = longestSentence): readonly string[] {
  const long = sentences(text).filter((it) => words(it).length > longest)
  return [
    ...bannedIn(text),
    ...(code.startsWith('certs.') && bannedOfCertificates.test(text) ? [`certificates expire: ${text}`] : []),
    ...long.map((it) => `${words(it).length} words, not ${longest}: ${it}`),
    ...(spans(text).length * 2 === text.split('`').length - 1 ? [] : [`half a command: ${text}`]),
  ]
}

export const explainedFaults = (text: string, code: string) => textFaults(text, code, longestExplained)

export const bannedIn = (text: string): readonly string[] =>
  banned.flatMap((it) => {
    const [found] = it.exec(text.replace(/`[^`]*`/g, '')) ?? []
    return found === undefined ? [] : [`"${found}" is not to be used: ${text}`]
  })

export function fixFaults(steps: readonly string[], code: string): readonly string[] {
  return steps.flatMap((step) => [
    ...textFaults(step, code),
    ...(spans(step).length > 1 ? [`more than one command: ${step}`] : []),
    ...(spans(step).some((it) => /…|\.\.\./.test(it)) ? [`a command that is not whole: ${step}`] : []),
    ...(/^(Don't|Do not|Never)\b/.test(step) ? [`no step but a prohibition: ${step}`] : []),
    ...unfilled(step).map((it) => `does not say what ${it} stands for: ${step}`),
  ])
}

/** Steps for whoever has a kubeconfig, which an agent of k3s has not, that do not say so. */
export const placeFaults = (steps: readonly string[]): readonly string[] =>
  steps
    .filter((it) => spans(it).some((one) => /\bkubectl\b/.test(one)))
    .filter((it) => !/\bon (a|the|each|that) server\b/i.test(it))
    .map((it) => `does not say that it runs on a server: ${it}`)
/** A rule that only a server breaks. */
const onlyOnServers: ReadonlySet<string> = new Set(['k3s.datastore-growing'])
/** These checks know what the node is, so that a finding on a server need not say so. */
const knowsTheRole = /^(k3s|cni|certs)\./

/** What somebody has to fill in before the command runs, and the words around it do not name. */
function unfilled(step: string): readonly string[] {
  const [around, all] = [step.replace(/`[^`]*`/g, ''), spans(step).join(' ')]
  return [
    ...new Set(all.match(/\b(NODE|NAMESPACE|NAME|DEVICE|ADDRESS|NUMBER|FILE|SNAPSHOT|CHAIN)\b/g)),
  ].filter((it) => !new RegExp(`\\b${it}\\b`).test(around))
}

export function avoidFaults(all: readonly string[], code: string): readonly string[] {
  return all.flatMap((it) => {
    const [, reason] =
      /^Don't [^:]+(?:: | (?:until|unless|while|before) )(.+)\.$/.exec(it.replace(/`[^`]*`/g, 'command')) ??
      []
    return [
      ...textFaults(it, code),
      ...(reason === undefined ? [`has the form "Don't …: reason." or "Don't … until ….": ${it}`] : []),
      ...(words(reason ?? '').length > longestReason
        ? [`its reason has more than ${longestReason} words: ${it}`]
        : []),
    ]
  })
}

/** Prohibitions that name a command which a step of the same message names. */
export function contradictions({ fix, avoid = [] }: Pick<Rule, 'fix' | 'avoid'>): readonly string[] {
  const commands = fix.flatMap(spans).map(plain)
  return avoid.flatMap((it) =>
    spans(it)
      .map(plain)
      .filter((one) => commands.some((command) => command === one || command.startsWith(`${one} `)))
      .map((one) => `${one} is a step and forbidden: ${it}`),
  )
}
const plain = (command: string) => command.replace(/\s+/g, ' ').trim()

export const ruleFaults = (code: string, it: Rule): readonly string[] => [
  ...titleFaults(it.title),
  ...[it.meaning, it.measured].flatMap((text) => explainedFaults(text, code)),
  ...textFaults(it.impact, code),
  ...fixFaults(it.fix, code),
  ...(onlyOnServers.has(code) ? [] : placeFaults(it.fix)),
  ...avoidFaults(it.avoid ?? [], code),
  ...contradictions(it),
]

type Said = Pick<Finding, 'code' | 'title' | 'text' | 'impact' | 'fix' | 'avoid'>

export const findingFaults = (it: Said): readonly string[] => [
  ...titleFaults(it.title),
  ...[it.text, it.impact].flatMap((text) => textFaults(text, it.code)),
  ...fixFaults(it.fix, it.code),
  ...(knowsTheRole.test(it.code) ? [] : placeFaults(it.fix)),
  ...avoidFaults(it.avoid ?? [], it.code),
  ...contradictions(it),
]

/** Commands of which a text shows the beginning without the rest. */
export function cutCommands(text: string, commands: readonly string[]): readonly string[] {
  const rest = commands
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, it) => left.replaceAll(it, '\n'), text)
  return commands.filter((it) => it.length > telling && rest.includes(it.slice(0, telling)))
}
/** So many characters at its beginning tell a command from others, mostly. */
const telling = 24
