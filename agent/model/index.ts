/**
 * The vocabulary of Murphy. The files of this folder import only each other; everything else imports them.
 *
 * Times are milliseconds since the epoch, durations milliseconds, sizes bytes, unless a name says
 * otherwise. Texts meant for people may hold one piece of markup: `a command in backticks`. Strings that
 * come from the machine (process, pod and certificate names, log lines) are hostile; whoever writes them
 * out escapes them for the place they go to.
 */

export * from './alert.ts'
export * from './collector.ts'
export * from './finding.ts'
export * from './heartbeat.ts'
export * from './host.ts'
export * from './incident.ts'
export * from './measure.ts'
export * from './node-api.ts'
export * from './notice.ts'
export * from './page.ts'
export * from './sample.ts'
export * from './settings.ts'
export * from './sink.ts'
export * from './web.ts'
export * from './window.ts'
