import type { Reading } from '../../model/index.ts'

/** The JSON object in a reply; undefined for anything else. */
export function fields(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The text under a key, or empty. */
export const textIn = (it: Readonly<Record<string, unknown>> | undefined, key: string): string => {
  const value = it?.[key]
  return typeof value === 'string' ? value : ''
}

/** A reply of a captive portal, a filter or a proxy in between: it says nothing about the message or the address. */
export const strange = (status: number, service: string): Reading => ({
  outcome: 'again',
  why: `answered ${status}, but not as ${service} does: perhaps a proxy in between`,
})
