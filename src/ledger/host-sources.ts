import { sharedController } from '../core/abort.js'
import type { Capacity } from '../core/overflow.js'
import type { SourceLoad } from '../mailbox/actor-address.js'
import type { SourceHandler, SourceRequest } from '../mailbox/integration-mail.js'
import type { NameReader } from '../mailbox/names.js'
import type { DeliveryRun, SourceSpec } from '../mailbox/protocol.js'
import type { SourceVerb } from '../resilience/reopen.js'
import type { NextSource } from './next-source.js'
import { type Credit, freshCredit } from './source-credit.js'

/**
 * The most messages of one source in flight to the host: enough to keep the channel full over a round trip of credit.
 */
const MOST_MESSAGES = 8_192
/** The most bytes of one source in flight to the host. */
const MOST_BYTES = 8 * 1024 * 1024

/** A source as the host keeps it, so that it can be opened again in each new life of the actor. */
export interface HostSource {
  readonly id: number
  readonly verb: SourceVerb
  readonly target: string
  readonly wanted: SourceRequest
  readonly handler: SourceHandler
  /** `asked` until the actor has opened it; `closing` from the host's `close` until the actor has ended it. */
  state: 'asked' | 'open' | 'closing'
  /** Aborts when the host closes the source, which cancels a request to open it. */
  readonly closing: AbortController
  credit: Credit
  /** What it is at a successor that has not taken over yet. */
  next: NextSource | undefined
}

/** The sources of the host at one integration. */
export class HostSources {
  readonly #byId = new Map<number, HostSource>()
  #lastId = 0

  add(verb: SourceVerb, target: string, wanted: SourceRequest, handler: SourceHandler): HostSource {
    const source: HostSource = {
      id: ++this.#lastId,
      verb,
      target,
      wanted,
      handler,
      state: 'asked',
      closing: sharedController(),
      credit: freshCredit(),
      next: undefined,
    }
    this.#byId.set(source.id, source)
    return source
  }

  /** The sources that have been opened. */
  get openSources(): readonly HostSource[] {
    return [...this.#byId.values()].filter(({ state }) => state === 'open')
  }

  /** How many sources of the application are open, and how many of their messages it has not settled. */
  get load(): SourceLoad {
    const open = this.openSources.filter(({ handler }) => handler.isBuiltIn !== true)
    return {
      subscriptions: open.length,
      inHand: open.reduce((sum, { handler }) => sum + (handler.inHand?.() ?? 0), 0),
    }
  }

  byId(id: number): HostSource | undefined {
    return this.#byId.get(id)
  }

  /** Whether the source is known and not being closed. */
  has(source: HostSource): boolean {
    return this.#byId.get(source.id) === source && source.state !== 'closing'
  }

  /** Marks a source as closing. @returns false if it is closing or closed already */
  close(source: HostSource): boolean {
    if (!this.has(source)) return false
    source.state = 'closing'
    source.closing.abort()
    // The handler gives back what it no longer wants.
    source.next?.release(source.handler)
    return true
  }

  /** Whether the source of that id has been opened. */
  isOpen(id: number): boolean {
    return this.#byId.get(id)?.state === 'open'
  }

  remove(source: HostSource): void {
    this.#byId.delete(source.id)
  }

  /**
   * Passes messages to their source.
   * @param isCurrent whether the credit of the source is that of this life
   * @returns whether the actor must be woken because it waits for this receipt
   */
  deliver(run: DeliveryRun, names: NameReader, life: number, isCurrent: boolean): boolean {
    const source = this.#byId.get(run.source)
    if (source === undefined) return false
    source.handler.receive(run, names, life)
    return isCurrent && source.credit.giver.received(run.count)
  }

  dropped(id: number, total: number): void {
    this.#byId.get(id)?.handler.dropped(total)
  }

  end(id: number, error: Error): void {
    const source = this.#byId.get(id)
    if (source === undefined) return
    this.#byId.delete(id)
    if (source.state !== 'closing') source.handler.ended(error)
  }

  /** Ends all sources. Their handlers still receive messages in flight. */
  drain(error: Error): void {
    for (const source of this.#byId.values()) if (this.close(source)) source.handler.ended(error)
  }

  endAll(error: Error): void {
    for (const id of [...this.#byId.keys()]) this.end(id, error)
  }

  /** Resets the credit of all open sources for a new life of the actor. @returns the sources to open again */
  renew(): readonly HostSource[] {
    const open = this.openSources
    for (const source of open) {
      source.credit = freshCredit()
      source.next = undefined
      source.handler.restarted()
    }
    return open
  }

  /**
   * Lets a successor deliver, beginning with what it has held.
   * @returns the sources that it has not opened
   */
  move(): readonly HostSource[] {
    const missing: HostSource[] = []
    for (const source of this.openSources) {
      const { next, handler } = source
      source.next = undefined
      source.credit = next?.credit ?? freshCredit()
      if (handler.moved === undefined) handler.restarted()
      else handler.moved()
      if (next === undefined) {
        missing.push(source)
        continue
      }
      next.release(handler)
      if (next.dropped > 0) handler.dropped(next.dropped)
      if (next.ended !== undefined) this.end(source.id, next.ended)
    }
    return missing
  }

  /** Gives a source that is asked for again a credit of its own. @returns its new specification */
  renewAsked(id: number): SourceSpec | undefined {
    const source = this.#byId.get(id)
    if (source === undefined) return undefined
    source.credit = freshCredit()
    return specOf(source)
  }
}

/** Makes the specification that is sent to the actor. */
export function specOf(source: HostSource): SourceSpec {
  return { ...source.wanted, id: source.id, credit: source.credit.shared }
}

/** Makes the specification for a successor, which has a credit of its own. */
export function specWith({ wanted, id }: HostSource, credit: SharedArrayBuffer): SourceSpec {
  return { ...wanted, id, credit }
}

/** How many messages and bytes of one source may be in flight to the host. */
export function windowOf({ messages, bytes }: Capacity): Capacity {
  return { messages: Math.min(messages, MOST_MESSAGES), bytes: Math.min(bytes, MOST_BYTES) }
}
