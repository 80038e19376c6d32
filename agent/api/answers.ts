/** The answers of the socket: by method and path, each gives the type and the body. */
export type Answers = Readonly<
  Record<string, (query: URLSearchParams) => readonly [string, string] | Promise<readonly [string, string]>>
>

/** The request is invalid, as opposed to one that could not be answered. */
export class Wrong extends Error {}

export const json = (body: unknown) => ['application/json', JSON.stringify(body)] as const

/** At most 300 characters. */
export const messageOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).slice(0, 300)
