import { join } from 'node:path'
import { unpackTools } from '../unpack.ts'
import { say } from './stand.ts'

/** Where Debian's packages that only the bench uses are taken apart, once for a machine. */
export const unpackedIn = '/var/tmp/murphy-bench-unpacked'

const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
const clock = `usr/lib/${triplet}/faketime/libfaketimeMT.so.1`

/** By a file of each. */
const packages: Readonly<Record<string, string>> = {
  'usr/bin/monit': 'monit',
  'usr/sbin/netdata': 'netdata-core',
  [clock]: 'libfaketime',
}

/** To be loaded before all others (ld.so(8), LD_PRELOAD) by what is to run on another clock. */
export const clockLibrary = join(unpackedIn, clock)

/** Takes them apart, and those of the tests. What cannot be had is said, and missing then. */
export async function unpackPackages(): Promise<void> {
  await unpackTools(say)
  await unpackTools(say, unpackedIn, packages, { withNeeded: true })
}
