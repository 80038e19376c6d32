/**
 * Why a budget is missed, and what was tried, by the beginning of the row's name: printed only while it is missed. What is not
 * listed has not been looked into.
 */
const reasons: Readonly<Record<string, string>> = {
  'idle CPU with children':
    'Rounds of 5 to 150 ms: rarely run code is not compiled by V8, and each question to the API or the kubelet is a TLS handshake.',
  'RSS with children':
    'A Node.js that does nothing holds half of it; the rest is the bundle, the heap and three followed commands.',
  'anonymous with children':
    "V8's heap, the code that is loaded, and the pages of three followed commands; glibc gives memory back as its settings ask (docs/adr/0032).",
  '`agent status`':
    'A start of Node.js and of 137 kB of its own code; without the settings, which were loaded before, it was twice as long.',
  'start to ready':
    'The daemon is ready once every check has looked, which runs a dozen commands, and its code is compiled for the first time.',
  'core, findings':
    'Each finding is held against those that may have caused it; four hundred open ones are beyond any node seen.',
  'pods, containers':
    'Beyond 500 containers all folders of logs are listed in each round, so that those that grow have their turn.',
}

/** Undefined where there is none. */
export const reasonFor = (what: string): string | undefined =>
  Object.entries(reasons).find(([begins]) => what.startsWith(begins))?.[1]
