import { removed } from './cut.ts'

/** Chains of known programs, whose rules hold no text from people (collectors/firewall/dump/owners.ts). */
const known = /(?:KUBE-|FLANNEL-|CNI-|cali|CILIUM_|ufw6?-|DOCKER)/
const ofProgram = new RegExp(`^-A ${known.source}`)
const toProgram = new RegExp(` -[jg] ${known.source}`)
const quoted = /"(?:\\.|[^"\\\n])*"?/g

/**
 * Options of iptables-save and ipset with text that people write, quoted if it has spaces: comments, log prefixes,
 * names of lists, strings that packets are searched for.
 */
const words =
  /( --(?:comment|string|hex-string|(?:nf)?log-prefix|(?:hashlimit-)?name) )("(?:\\.|[^"\\\n])*"?|[^\s"]+)/g
/** The same in the output of nft and `ipset save`, and in that of `ip` the `ifalias` people give an interface. */
const others = /((?:(?:^|[\s{])comment|\blog prefix) |"ifalias": ?)("(?:\\.|[^"\\\n])*"?)/g

/** Comments that programs write at rules that jump to their own chains (collectors/firewall/dump/owners.ts). */
const leading = /^"?(?:kubernetes |kube-router netpol - |CNI |name: |flanneld |cali:)/
const exact = /^"?(?:flanneld (?:forward|masq)|cali:[\w-]{16})"?$/
/** Log prefixes and list names of ufw and kube-proxy, and the default name of a list. */
const names = /^"?(?:\[UFW [A-Z ]{1,20}\] ?|KUBE-SEP-[A-Z0-9]{16}|DEFAULT)"?$/

/** Output of firewall and `ip` commands without text that people wrote in it, which may be anything. */
export const withoutComments = (stdout: string): string =>
  stdout.replace(/[^\n]+/g, (line) => {
    const own = ofProgram.test(line)
    // Without quoted text, since a comment may contain ` -j KUBE-`.
    const leads = toProgram.test(line.replace(quoted, '""'))
    const kept = (option: string, text: string) =>
      option === ' --comment '
        ? own || exact.test(text) || (leads && leading.test(text))
        : /name|prefix/.test(option) && names.test(text)
    const without = (all: string, before: string, text: string) =>
      kept(before, text) ? all : `${before}"${removed}"`
    return line.replace(words, without).replace(others, without)
  })
