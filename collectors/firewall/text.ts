/** A rule (`-A …`) in backticks, at most `most` characters of it; what is none is already a sentence. Pure. */
export const ruleInBackticks = (by: string, most = Number.POSITIVE_INFINITY): string =>
  by.startsWith('-A ') ? `\`${by.replaceAll('`', "'").slice(0, most)}\`` : by
