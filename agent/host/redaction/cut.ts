export const removed = '<removed>'

/** How what was cut out is written: bare, as a text of YAML or JSON, and as one behind a colon without a blank. */
const written = ['', removed, `"${removed}"`, ` "${removed}"`] as const
export type As = 1 | 2 | 3

/** Marks a part of the text as secret; nothing where `to` is not beyond `from`. */
export type Cut = (from: number, to: number, as?: As) => void

/** Finds secrets in a text. */
export type Rule = (text: string, cut: Cut) => void

/**
 * So many characters at the end of a value are looked through for names of further secrets, since what one takes for
 * a value may hold a name whose own value goes on behind it (`token: password: x`). Not all of it, so that a text
 * costs its length.
 */
const near = 256

/** Where to look on behind a value from `from` to `to`. */
export const onward = (from: number, to: number) => Math.max(from, to - near)

/** Whatever matches, but for its first group. */
export const matching =
  (pattern: RegExp): Rule =>
  (text, cut) => {
    pattern.lastIndex = 0
    for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
      const from = found.index + (found[1]?.length ?? 0)
      const to = pattern.lastIndex
      cut(from, to)
      pattern.lastIndex = Math.max(found.index + 1, onward(from, to))
    }
  }

/**
 * A text without what the rules find in it. All of them look at the same text: what one would leave of it may lack the
 * name by which another knows a secret. Takes a byte for each character besides.
 */
export function without(text: string, rules: readonly Rule[]): string {
  const marks = new Uint8Array(text.length)
  let any = false
  for (const rule of rules)
    rule(text, (from, to, as = 1) => {
      if (to <= from) return
      any = true
      marks.fill(marks[from] || as, from, to)
    })
  if (!any) return text
  let clean = ''
  let done = 0
  for (let from = marks.findIndex((it) => it > 0); from >= 0 && from < text.length; ) {
    const kept = marks.indexOf(0, from)
    clean += text.slice(done, from) + written[marks[from] as As]
    done = kept < 0 ? text.length : kept
    from = done
    while (from < text.length && marks[from] === 0) from += 1
  }
  return clean + text.slice(done)
}
