import { without } from './cut.ts'
import { forms } from './forms.ts'
import { assignments, flags } from './named.ts'
import { mixed, sentences } from './sentences.ts'

const known = [...forms, flags, assignments]
const said = [...known, ...sentences, mixed]

/** A text without what is secret by its form or its name. */
export const withoutNamed = (text: string): string => without(text, known)

/** The same for the log of any program, also without secrets in sentences and long mixed words; in doubt more. */
export const logText = (text: string): string => without(text, said)
