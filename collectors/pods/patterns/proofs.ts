import type { Pattern } from '../pattern.ts'

const around =
  'Read the log around that line (on a server): `kubectl -n {namespace} logs {pod} -c {container} --tail=100`'

/**
 * Errors that many programs print now and then and get over. None is a finding of its own; where a container ends again
 * and again they are evidence of why: what it does not reach, and by which error.
 */
export const proofs: readonly Pattern[] = [
  {
    name: 'unreachable',
    by: 'any',
    severity: 'info',
    silent: true,
    says: 'a connection was refused or not answered',
    find: [
      'connect: connection refused',
      'connect: no route to host',
      'connect: network is unreachable',
      'dial tcp *: i/o timeout',
      'dial tcp *: connect: connection timed out',
      'connect ECONNREFUSED *',
      'connect EHOSTUNREACH *',
      'connect ETIMEDOUT *',
      'Connection refused',
      'No route to host',
      'Connection timed out',
    ],
    fix: [around],
  },
  {
    name: 'unknown-host',
    by: 'any',
    severity: 'info',
    silent: true,
    says: 'a name is not known to the DNS',
    find: ['lookup *: no such host', 'getaddrinfo ENOTFOUND *', 'Name or service not known'],
    fix: [around],
  },
]

/** The first address with a port in the text, as programs write it; an IPv6 address in brackets. */
export const addressIn = (text: string): string | undefined =>
  /(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:.]{2,45}\]):\d{1,5}(?![\w.:]\d|\w)/i.exec(text)?.[0]
