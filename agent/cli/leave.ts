/** Node.js's names for pending file system requests and name lookups. */
const asking = /^(FSReq|GetAddrInfo)/

/**
 * Ends the process with `process.exitCode`, even when a request hangs. Node.js waits for its threads, even in
 * `process.exit`, and a thread that waits for a dead file server only ends with the server or when the process runs
 * another program. So the process replaces itself (execve(2)) by a program that ends at once. Requests still pending
 * after `grace` ms count as hanging; if there are none, the process has ended by itself by then.
 */
export function leave(grace = 1_000): void {
  const end = () => {
    if (!process.getActiveResourcesInfo().some((it) => asking.test(it))) return
    process.execve?.(
      process.execPath,
      ['murphy', '-e', `process.exitCode = ${Number(process.exitCode ?? 0)}`],
      {},
    )
  }
  setTimeout(end, grace).unref()
}
