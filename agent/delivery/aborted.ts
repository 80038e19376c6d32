/**
 * Rejects once the signal is aborted. To be raced with a request: undici hears its signal only once it has a connection,
 * which a proxy may never open.
 */
export const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
