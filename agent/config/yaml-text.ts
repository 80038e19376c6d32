import { stringify } from 'yaml'

/** A plain JSON value as YAML, which ends with a line break. Long texts are not broken into lines. */
export const yamlText = (value: unknown): string => stringify(value, { lineWidth: 0 })
