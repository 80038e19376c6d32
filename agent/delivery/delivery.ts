import type { Tally } from '../core/tally.ts'
import type { Abilities, Letter, Notice, Properties, Reading, Settings, Sink } from '../model/index.ts'

/** What became of the letters to one sink. */
export type LetterTally = Tally<Reading['outcome']>

/** The state of delivery to one sink. Holds no secret. */
export interface DeliveryState {
  readonly name: string
  readonly type: string
  /** When a notice was last accepted. */
  readonly lastSent?: number
  /** Set while a due notice could not be sent, or the service asked for a long pause. `next`: the next attempt. */
  readonly failing?: {
    readonly since: number
    readonly why: string
    readonly tries: number
    readonly next?: number
  }
  /** Set while the service says that the address no longer exists. It is tried again all the same. */
  readonly gone?: string
  /** What people miss, as the service is too old for it: a sentence. */
  readonly lacks?: string
  /** How many notices are due. */
  readonly waiting: number
}

export interface Delivery {
  /** Something may be due. Cheap; never shortens a pause. */
  wake(): void
  state(): DeliveryState
  /** False where its worker has ended, or has not come back when it should have. */
  lives?(): boolean
  /** The notices that are due and refused for what they say, by their ids, and since when, ms. */
  refused?(): ReadonlyMap<string, number>
  /** Waits at most 3 s for the letter under way, then ends. */
  stop(): Promise<void>
}

export interface DeliverOptions {
  readonly sink: Sink
  readonly settings: Settings<Properties>
  /** The sink's name in the settings. */
  readonly name: string
  /** Whether a connection is kept open between letters. */
  readonly keepOpen?: boolean
  /** The notices due for this sink now; called again before every attempt. */
  readonly plan: () => readonly Notice[]
  /** The recorded receipt of the message this notice is about. */
  readonly receipt: (notice: Notice) => string | undefined
  /** What the service had shown before this agent started that it can do. */
  readonly abilities?: Abilities
  /**
   * Records that a notice was accepted, before the next one is sent. `receipt`: of a new message, if one was made;
   * `posted`: false where there was nothing to send.
   */
  readonly note: (notice: Notice, receipt: string | undefined, abilities: Abilities, posted: boolean) => void
  /** Records that a notice was sent and no answer came: it may have arrived. */
  readonly unconfirmed?: (notice: Notice) => void
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  readonly changed?: (state: DeliveryState) => void
  readonly now?: () => number
  /** A monotonic clock, ms. */
  readonly elapsed?: () => number
  /** In [0, 1). */
  readonly random?: () => number
  /** Resolves after that many ms, or as soon as the signal is aborted; never rejects. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  /** How long one request may take in all, in ms. */
  readonly timeout?: number
  /** Counts what became of each letter. */
  readonly tally?: LetterTally
}

/** The result of posting one letter. */
export interface Sent {
  readonly reading: Reading
  /** How long the service asks for no further letter, ms. */
  readonly rest: number
  /** Absent when there was no reply. */
  readonly status?: number
}

/**
 * The only place where notifications go out to the network. Nothing here throws, follows a redirect or outlasts its
 * timeout, and all that a server says is bounded: its headers (16 KiB, by undici), its body, its times, its messages.
 */
export interface Post {
  send(letter: Letter): Promise<Sent>
  /**
   * Sends an OPTIONS request, only to keep the connection open. A letter over an open connection arrives even when no
   * answer can come back, as after a flush with a DROP policy, when no new connection can be made. `wanted`: aborted
   * when a letter is due, so that it waits no longer than `holdGrace`. `recent`: it was used within `holdEvery`, so
   * nothing was sent.
   */
  hold(wanted?: AbortSignal): Promise<'answered' | 'recent' | 'silent'>
  /** Whether the connection is there, as far as this node knows: the server may have closed it unheard. */
  isOpen(): boolean
  /** The text without this sink's secrets. */
  redact(text: string): string
  close(): Promise<void>
}

export interface PostOptions {
  readonly sink: Sink
  readonly settings: Settings<Properties>
  /** How long one letter may take in all, ms; default 15 s, to a mail server 60 s. */
  readonly timeout?: number | undefined
  /** How long a connection is kept that is not used, ms, if the server does not say that it closes it sooner. */
  readonly idle?: number | undefined
  readonly now?: (() => number) | undefined
  /** Aborts the request under way. */
  readonly signal?: AbortSignal
  readonly env?: Readonly<Record<string, string | undefined>>
}
