import { removed } from './cut.ts'

/** Programs whose chains say nothing but what Kubernetes, its network and ufw are called (collectors/firewall/checks/owners.ts). */
const known = /(?:KUBE-|FLANNEL-|CNI-|cali|CILIUM_|ufw6?-|DOCKER)/
const ofProgram = new RegExp(`^-A ${known.source}`)
const toProgram = new RegExp(` -[jg] ${known.source}`)
const quoted = /"(?:\\.|[^"\\\n])*"?/g

/** Options of iptables-save and ipset with what people wrote, quoted if it holds blanks: comments, prefixes of logged lines, names of lists, what a rule searches packets for. */
const words =
  /( --(?:comment|string|hex-string|(?:nf)?log-prefix|(?:hashlimit-)?name) )("(?:\\.|[^"\\\n])*"?|[^\s"]+)/g
/** The same of nft and `ipset save`; `ifalias` is what people call an interface. */
const others = /((?:(?:^|[\s{])comment|\blog prefix) |"ifalias": ?)("(?:\\.|[^"\\\n])*"?)/g

/** What programs write at rules of the built-in chains that lead to their own (collectors/firewall/checks/owners.ts), and at others. */
const leading = /^"?(?:kubernetes |kube-router netpol - |CNI |name: |flanneld |cali:)/
const exact = /^"?(?:flanneld (?:forward|masq)|cali:[\w-]{16})"?$/
/** Prefixes and lists of ufw and kube-proxy, and the list that has no name. */
const names = /^"?(?:\[UFW [A-Z ]{1,20}\] ?|KUBE-SEP-[A-Z0-9]{16}|DEFAULT)"?$/

/** Rules, sets and links without what people wrote at them, which may be anything. */
export const withoutComments = (stdout: string): string =>
  stdout.replace(/[^\n]+/g, (line) => {
    const own = ofProgram.test(line)
    // A comment may hold ` -j KUBE-` itself.
    const leads = toProgram.test(line.replace(quoted, '""'))
    const kept = (option: string, text: string) =>
      option === ' --comment '
        ? own || exact.test(text) || (leads && leading.test(text))
        : /name|prefix/.test(option) && names.test(text)
    const without = (all: string, before: string, text: string) =>
      kept(before, text) ? all : `${before}"${removed}"`
    return line.replace(words, without).replace(others, without)
  })
