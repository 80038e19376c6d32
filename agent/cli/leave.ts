/** Open files and addresses that are still being asked for, by Node.js's names for them. */
const asking = /^(FSReq|GetAddrInfo)/

/**
 * Ends the process with `process.exitCode`, also when something it asked for never answers. Node.js waits for its
 * threads, even in `process.exit`, and a thread that waits for a dead file server ends with the server or with the
 * program that runs: so another takes its place (execve(2)) that does nothing but end. What is not over after `grace` ms
 * hangs; if nothing does, the process has ended by itself by then.
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
