/**
 * Why a budget is missed, and what was tried, by the beginning of the row's name: printed only while it is missed. What is not
 * listed has not been looked into.
 */
const reasons: Readonly<Record<string, string>> = {
  'idle CPU with children':
    'By samples of the CPU, taken before the optimizing compiler was off (docs/adr/0062), a fifth was V8 in threads of its own (garbage, compilers), a tenth waking and sleeping, a tenth the table of connections in /proc/net, which grows with the memory of the machine; most of the rest is JavaScript that runs once a minute and so is hardly compiled. Connections to the API stay open, files that did not change are not read, garbage is not collected because nothing happens; other sizes of the young generation, fewer threads and keeping old bytecode gained nothing.',
  'RSS with children':
    "56 MB are pages of Node.js's own file, of which one that does nothing has 34; the heap is 19 MB, most of it code; three followed commands have 12, `nft monitor` most of that (docs/adr/0060).",
  'anonymous with children':
    "V8's heap, the code that is loaded, and the pages of three followed commands; glibc gives memory back as its settings ask (docs/adr/0032).",
  '`agent status`':
    'A start of Node.js and of its own code; a snapshot of the start and a cache of compiled code were tried, and were slower (docs/adr/0060).',
  'start to ready':
    'The daemon is ready once every check has looked, which runs a dozen commands, and its code is compiled for the first time.',
  '10000 certs unchanged':
    'Half of it is asking for the state of each file, in place and one after the other, as the floor does: less would be to trust the state of a folder, which says nothing of a file that was written in place. The rest holds each answer against what is remembered, judges, and sums up.',
  '10000 certs, first round':
    'Each file is opened, read and parsed once, its certificate by a reader of DER of its own, as OpenSSL takes 80 µs for one (docs/adr/0011). The next rounds read what has changed.',
  'core, findings':
    'Each finding is held against those that may have caused it; four hundred open ones are beyond any node seen.',
  'soak, RSS with children': 'See the anonymous memory, by which it grows.',
  'soak, anonymous with children':
    'What lives on the heap after a full collection is flat. Between the collections, an hour apart (docs/adr/0063), garbage piles up, up to 20 MB of it, and a median sees it: the daemon itself held 47 to 51 MB after the collections of the first six hours, and 50 to 58 after those of the last six; what V8 does not give back lies between what lives. More frequent collections were not tried for a day.',
  'soak, database':
    'What is measured is kept as it is for a day, then coarser, for 30 days in all; what was found stays for 90 days (`agent history`). A day is too short to see either bound.',
}

/** Undefined where there is none. */
export const reasonFor = (what: string): string | undefined =>
  Object.entries(reasons).find(([begins]) => what.startsWith(begins))?.[1]
