export const removed = '<removed>'

/** What replaces a secret: 1 bare, 2 as a string of YAML or JSON, 3 the same with the space that a colon needs. */
const written = ['', removed, `"${removed}"`, ` "${removed}"`] as const
export type As = 1 | 2 | 3

/** Marks a part of the text as secret; does nothing where `to` is not greater than `from`. */
export type Cut = (from: number, to: number, as?: As) => void

/** Finds secrets in a text. */
export type Rule = (text: string, cut: Cut) => void

/**
 * How many characters at the end of a value are searched for further names, because a value may end with a name whose
 * own value follows (`token: password: x`). Not all of it, so that the time stays linear in the length of the text.
 */
const near = 256

/** Where to continue the search after a value from `from` to `to`. */
export const onward = (from: number, to: number) => Math.max(from, to - near)

/** A rule that cuts every match of a pattern, without its first group, which must be at its start. */
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
 * A text without what the rules find in it. All rules search the original text, because one may cut the name by which
 * another recognizes a secret. Needs one more byte of memory for each character.
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
