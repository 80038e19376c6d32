import { without } from './cut.ts'
import { forms } from './forms.ts'
import { assignments, flags } from './named.ts'
import { mixed, sentences } from './sentences.ts'

const known = [...forms, flags, assignments]
const said = [...known, ...sentences, mixed]

/** A text without what is secret by its looks or its name. */
export const withoutNamed = (text: string): string => without(text, known)

/** The text of any program's log, without what it says in sentences besides; in doubt without. */
export const logText = (text: string): string => without(text, said)
