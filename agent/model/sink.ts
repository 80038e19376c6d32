import type { Standing } from './alert.ts'
import type { Abilities, Notice } from './notice.ts'
import type { Properties, Settings } from './settings.ts'

/** A letter ready to post, by HTTP or to a mail server (`MAIL`). The URL is a secret. */
export interface Letter {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'MAIL'
  /** Of a mail server: `smtps://host:465`, or `smtp://host:587`. */
  readonly url: string
  /** To a mail server only `authorization`, as in HTTP. */
  readonly headers: Readonly<Record<string, string>>
  /** To a mail server a `Mail`, as JSON. */
  readonly body: string
  /** An edit of an earlier message. If that message no longer exists, the notice is sent as a new one. */
  readonly edit?: boolean
}

/** A message to a mail server. All is text: it is encoded as RFC 5322 and MIME ask for where it is posted. */
export interface Mail {
  readonly from: { readonly name: string; readonly address: string }
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Without `<` and `>`, as are the references. */
  readonly id: string
  /** What it belongs to, oldest first. */
  readonly references: readonly string[]
  /** ms. */
  readonly date: number
  readonly isImportant: boolean
  /** Whether `smtp://` begins with STARTTLS, or stays as it is. */
  readonly encrypts: boolean
}

/**
 * What a service answered. Of a mail server the code, the text, and the headers `command`, which it is about, and
 * `refused`, to how many people it will not pass the message on.
 */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What a reply means for the letter. `accepted`; `again`: worth another try, not before `wait` ms; `refused`: for what
 * the letter says; `gone`: the service says that the address no longer exists. All but `accepted` are tried again, at
 * least every hour while a notice is due. `unconfirmed`: no answer came, but the letter may have arrived. `wait` and
 * `why` are as the server gave them; the postman bounds and redacts them. `shows`: what the reply says of the service;
 * a letter that was refused is written again if that changes it.
 */
export type Reading =
  | { readonly outcome: 'accepted'; readonly receipt?: string; readonly shows?: Abilities }
  | { readonly outcome: 'again'; readonly wait?: number; readonly unconfirmed?: true; readonly why: string }
  | { readonly outcome: 'refused'; readonly why: string; readonly shows?: Abilities }
  | { readonly outcome: 'gone'; readonly why: string }

/** How the server is known, and by what this node shows who it is. All PEM, but the name. */
export interface Tls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** The name in the server's certificate, where it is not the one in the address. */
  readonly servername?: string
}

/** A kind of service that notifies people. It writes letters and reads replies; it never posts. */
export interface Sink<P extends Properties = Properties> {
  /** The name of its file, and its `type` in the settings. */
  readonly name: string
  readonly settings: P
  /** Keys that must be given. */
  readonly required: readonly string[]
  /** Errors in the settings beyond their types, as `key: sentence`. */
  check?(settings: Settings<P>): readonly string[]
  /**
   * The letters of one notice, in the order they are to be posted; none when this sink has nothing to say
   * about it. `receipt` is what `read` made of the first message about the incident. Pure.
   */
  compose(notice: Notice, settings: Settings<P>, receipt?: string, abilities?: Abilities): readonly Letter[]
  /**
   * Only of a service that does not want to be told what changed, but all that is so, every minute: the letters that say
   * it, in the order they are to be posted. `at`: the present time by the clock of the service, ms; `ahead`: by how much
   * this node's is ahead of it. `compose` then writes tests alone. Pure.
   */
  restate?(
    all: readonly Standing[],
    settings: Settings<P>,
    head: Pick<Notice, 'node' | 'cluster' | 'runbookUrl' | 'command'>,
    clock: { readonly at: number; readonly ahead: number },
  ): readonly Letter[]
  /** The name of what is said to be so for as long as this node works. */
  readonly watchdog?: string
  /** How long what is so stays so there after it was last said, ms. */
  holds?(settings: Settings<P>): number
  /** Each server of its own that is to be told all of it, as settings of one sink. Absent: there is one. */
  each?(settings: Settings<P>): readonly Settings<P>[]
  /** What its connections are made with, beyond what the node trusts. PEM. */
  tls?(settings: Settings<P>): Tls
  /** What people miss for want of an ability that the service was shown not to have, as a sentence. */
  lacks?(abilities: Abilities): string | undefined
  /** What a reply means where this service departs from HTTP's own rules; undefined where it does not. */
  read?(reply: Reply, letter: Letter): Reading | undefined
}

/** Returns the sink unchanged; only its types are inferred. */
export const sink = <const P extends Properties>(
  it: Sink<P> & { readonly required: readonly (keyof P & string)[] },
): Sink<P> => it
