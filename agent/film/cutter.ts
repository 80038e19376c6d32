import { withoutNamed } from '../host/redaction.ts'
import type { Raw } from './lens.ts'
import { type Answer, type Answered, longestAnswer, longestLine, type WrittenAnswer } from './reel.ts'
import { editOf } from './text-edit.ts'

/** The most characters of former texts that are held, to tell later ones by what changed. */
const mostHeld = 32 * 1024 * 1024
/** Shorter texts are written anew. */
const worthAnEdit = 400

/** What is known of one question. */
interface Known {
  sums: string
  /** Its last text; undefined where that is short, or too much is held already. */
  text?: string | undefined
}

/** Turns the answers of a round into those that a film needs: the new ones, without secrets. */
export interface Cutter {
  /** One call at a time, each awaited. */
  cut(raw: readonly Raw[]): Promise<readonly Answered<WrittenAnswer>[]>
}

/** What stands in a film for an answer that is too large for it. */
const tooLarge: Answer = { error: ['unrecorded', 'it was too large for a film'] }

export function cutter(): Cutter {
  const names = new Map<string, string>()
  const known = new Map<string, Known>()
  let held = 0

  /** The question as it stands in the film. */
  const nameOf = (question: string) => {
    const name = names.get(question) ?? withoutNamed(question)
    names.set(question, name)
    return name
  }
  const hold = (it: Known, text: string) => {
    held -= it.text?.length ?? 0
    const kept = text.length >= worthAnEdit && held + text.length <= mostHeld
    it.text = kept ? text : undefined
    held += it.text?.length ?? 0
  }
  const written = (it: Known, answer: Answer, once: boolean): WrittenAnswer => {
    if (!('text' in answer)) return answer
    const { text: before } = it
    const { text, about } = answer
    if (text.length > longestAnswer) return tooLarge
    if (!once) hold(it, text)
    const edit = before === undefined || text.length < worthAnEdit ? undefined : editOf(before, text)
    if (edit) return { edit, ...(about !== undefined && { about }) }
    return about === undefined ? text : answer
  }

  return {
    async cut(raw) {
      const cut: Answered<WrittenAnswer>[] = []
      let size = 0
      for (const [name, asked] of Map.groupBy(raw, (it) => nameOf(it.question))) {
        // Each part of a log is asked for once.
        const once = name.startsWith('piece ')
        const it = (once ? undefined : known.get(name)) ?? { sums: '' }
        const sums = asked.map(({ sum }) => sum).join('\n')
        if (it.sums === sums) continue
        const answers: WrittenAnswer[] = []
        for (const { clean } of asked) answers.push(written(it, await clean(), once))
        it.sums = sums
        const length = JSON.stringify(answers).length
        if (size + length > longestLine - 64 * 1024 - name.length) {
          // Not remembered, so that it is tried again when there is room.
          held -= it.text?.length ?? 0
          known.delete(name)
          cut.push([name, tooLarge])
          continue
        }
        size += length + name.length
        if (!once) known.set(name, it)
        cut.push([name, ...answers])
      }
      return cut
    },
  }
}
