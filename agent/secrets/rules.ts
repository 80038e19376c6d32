import { removed } from './named.ts'

/** Programs whose chains and comments say nothing but what Kubernetes, its network and ufw are called (collectors/firewall/owners.ts). */
const known = /(?:KUBE-|FLANNEL-|CNI-|cali|CILIUM_|ufw6?-|DOCKER)/
const ofProgram = new RegExp(`^-A ${known.source}| -[jg] ${known.source}`)

/** `--comment "…"` of iptables-save and ipset, quoted if it holds blanks; what a rule searches packets for. */
const words = /( --(?:comment|string|hex-string) )("(?:\\.|[^"\\\n])*"?|[^\s"]+)/g
const named = /^"?(?:flanneld |kubernetes |kube-router |cali:)/
/** `comment "…"` of nft and `ipset save`; `ifalias` is what people call an interface. */
const others = /((?:^|[\s{])comment |"ifalias": ?)"(?:\\.|[^"\\\n])*"?/g

/** Rules, sets and links without what people wrote at them: a comment may hold anything, and only a program's own is looked at. */
export const withoutComments = (stdout: string): string =>
  stdout.replace(/[^\n]+/g, (line) => {
    const known = ofProgram.test(line)
    return line
      .replace(words, (all: string, before: string, text: string) =>
        before === ' --comment ' && (known || named.test(text)) ? all : `${before}"${removed}"`,
      )
      .replace(others, `$1"${removed}"`)
  })
