import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import type { FeedName } from '../../../core/internal-methods.js'
import type { MemoryShare } from '../../../core/memory-share.js'
import type { FeedPump, FeedReader } from './feed-pump.js'

/**
 * The newest messages of a `data` block or a topic. All readers share them: one that does not read costs nothing until it
 * reads again, and has then lost the messages that are gone.
 */
export class Feed {
  readonly name: FeedName
  /** The outcome of the host thread. */
  readonly opened: Promise<RpcOutcome>
  readonly #most: number
  readonly #memory: MemoryShare
  readonly #pump: FeedPump
  /** Messages by their number, encoded as JSON. */
  readonly #messages = new Map<number, Uint8Array>()
  readonly #readers = new Set<FeedReader>()
  /** Readers that have sent everything, and wait for the next message. */
  readonly #current = new Set<FeedReader>()
  #first = 0
  #next = 0
  #lost = 0
  #hasEnded = false

  /** @param most how many messages it keeps */
  constructor(
    name: FeedName,
    opened: Promise<RpcOutcome>,
    most: number,
    memory: MemoryShare,
    pump: FeedPump,
  ) {
    this.name = name
    this.opened = opened
    // Of a `data` block only the newest value counts.
    this.#most = name.kind === 'data' ? 1 : most
    this.#memory = memory
    this.#pump = pump
  }

  /** The number of the oldest message that it keeps. */
  get first(): number {
    return this.#first
  }

  /** The number of the next message. */
  get next(): number {
    return this.#next
  }

  /** Messages that were lost before they reached the server. */
  get lost(): number {
    return this.#lost
  }

  /** Whether no message follows. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get isUnread(): boolean {
    return this.#readers.size === 0
  }

  add(reader: FeedReader): void {
    this.#readers.add(reader)
  }

  /** @returns whether it was a reader */
  remove(reader: FeedReader): boolean {
    this.#current.delete(reader)
    const isKnown = this.#readers.delete(reader)
    if (this.isUnread) while (this.#messages.size > 0) this.#drop()
    return isKnown
  }

  /** A reader has sent everything: it waits for the next message. */
  isRead(reader: FeedReader): void {
    if (this.#readers.has(reader)) this.#current.add(reader)
  }

  /** Returns a message that it keeps. */
  at(number: number): Uint8Array {
    return this.#messages.get(number)!
  }

  /** @param lost messages that were lost before this one */
  publish(message: Uint8Array, lost: number): void {
    this.#lost += lost
    const { length } = message
    while (this.#messages.size > 0 && (this.#messages.size >= this.#most || !this.#fits(length))) this.#drop()
    if (this.#fits(length)) {
      this.#memory.add(length)
      this.#messages.set(this.#next++, message)
    } else this.#first = ++this.#next
    for (const reader of this.#current) this.#pump.add(reader)
    this.#current.clear()
    this.#pump.run()
  }

  end(): void {
    this.#hasEnded = true
    for (const reader of [...this.#readers]) reader.pump()
  }

  #fits(bytes: number): boolean {
    return this.#memory.fits(this.#memory.bytes + bytes)
  }

  #drop(): void {
    this.#memory.add(-this.#messages.get(this.#first)!.length)
    this.#messages.delete(this.#first++)
  }
}
