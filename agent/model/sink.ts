import type { Notice } from './notice.ts'
import type { Properties, Settings } from './settings.ts'

/** A request ready to post. The URL is a secret. */
export interface Letter {
  readonly method: 'POST' | 'PATCH' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** An edit of an earlier message: when the service no longer has that message, the rest is sent all the same. */
  readonly edit?: boolean
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What a reply means for the letter: taken, worth another try (not before `wait` ms), refused, or the address is
 * gone by the service's own word. All are asked again, at least every hour while something is due. Without an
 * answer it may have been taken all the same: `perhaps`. `wait` and `why` are as the server gave them; the
 * postman bounds and redacts them.
 */
export type Reading =
  | { readonly outcome: 'accepted'; readonly receipt?: string }
  | { readonly outcome: 'again'; readonly wait?: number; readonly unconfirmed?: true; readonly why: string }
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'gone'; readonly why: string }

/** A place where people are told. It writes letters and reads replies; it never posts. */
export interface Sink<P extends Properties = Properties> {
  /** The name of its file, and its `type` in the settings. */
  readonly name: string
  readonly settings: P
  /** Keys that must be given. */
  readonly required: readonly string[]
  /** What is wrong with these settings that types cannot say, as `key: sentence`. */
  check?(settings: Settings<P>): readonly string[]
  /**
   * The letters of one notice, in the order they are to be posted; none when this sink has nothing to say
   * about it. `receipt` is what `read` made of the first message about the incident. Pure.
   */
  compose(notice: Notice, settings: Settings<P>, receipt?: string): readonly Letter[]
  /** What a reply means where HTTP's own rules do not say it. */
  read?(reply: Reply, letter: Letter): Reading | undefined
}

/** Infers a sink's types; does nothing else. */
export const sink = <const P extends Properties>(
  it: Sink<P> & { readonly required: readonly (keyof P & string)[] },
): Sink<P> => it
