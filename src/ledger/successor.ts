import { ConnectionError } from '../core/errors/connection.js'
import { decodeError } from '../mailbox/error-codec.js'
import type { NameReader } from '../mailbox/names.js'
import type { ActorNotice, DeliveryRun } from '../mailbox/protocol.js'
import type { ActorLife } from './actor-life.js'
import { type HostSource, type HostSources, specWith } from './host-sources.js'
import { NextSource } from './next-source.js'

/**
 * A life that is to take the place of the current one. It opens all sources of the host; what they deliver waits here
 * within their credit until the predecessor has delivered everything.
 */
export class Successor {
  readonly life: ActorLife
  readonly #sources: HostSources
  readonly #integration: string
  /** The sources that were asked for, by their id. */
  readonly #opened = new Map<number, HostSource>()
  /** Why it cannot connect, as it last reported. */
  #fault: Error | undefined

  constructor(life: ActorLife, sources: HostSources, integration: string) {
    this.life = life
    this.#sources = sources
    this.#integration = integration
  }

  get fault(): Error | undefined {
    return this.#fault
  }

  /**
   * Opens the sources that the host has open, also those that it opens meanwhile. Resolves when all are granted.
   * @throws the error of the first that is refused
   */
  async opened(): Promise<void> {
    for (;;) {
      const missing = this.#sources.openSources.filter(({ id }) => !this.#opened.has(id))
      if (missing.length === 0) return
      await Promise.all(missing.map((source) => this.#open(source)))
    }
  }

  /** Holds what a source delivers. @returns false if it is not held */
  hold(run: DeliveryRun, names: NameReader): boolean {
    const source = this.#opened.get(run.source)
    const next = source?.next
    if (source === undefined || next === undefined) return false
    // Requests have no order, and their callers wait. The handler of a closed source gives messages back.
    const isWanted = source.verb !== 'serve' && this.#sources.has(source)
    if (isWanted) next.hold(run, names)
    else source.handler.receive(run, names, this.life.number)
    if (next.credit.giver.received(run.count)) this.life.nudge()
    return true
  }

  /**
   * Takes a notice while the predecessor delivers.
   * @param isPresent whether it has the traffic
   * @returns false if the notice is for the host
   */
  notice(notice: ActorNotice, isPresent: boolean): boolean {
    if (notice.kind === 'dropped' || notice.kind === 'source-ended') {
      const next = this.#sources.byId(notice.source)?.next
      if (next === undefined) return !isPresent
      if (notice.kind === 'dropped') next.dropped = notice.dropped
      else next.ended = decodeError(notice.error, this.#integration)
      return true
    }
    if (isPresent) return false
    if (notice.kind === 'connection') {
      if (notice.state === 'connected') this.#fault = undefined
      else if (notice.error !== undefined) this.#fault = decodeError(notice.error, this.#integration)
    }
    return notice.kind === 'connection' || notice.kind === 'breaker'
  }

  /** Closes the sources that the host has closed since they were opened. */
  closeUnwanted(): void {
    for (const source of this.#opened.values())
      if (!this.#sources.has(source))
        this.life.ledger.enter('unsubscribe', source.target, source.id, undefined, undefined).catch(() => {})
  }

  /** Forgets it, because the predecessor keeps the traffic. */
  discard(): void {
    for (const source of this.#opened.values()) source.next = undefined
    this.life.close()
    this.life.ledger.close(() => new ConnectionError('the reload was given up'))
  }

  async #open(source: HostSource): Promise<void> {
    this.#opened.set(source.id, source)
    const next = new NextSource(this.life.number)
    source.next = next
    const options = { source: specWith(source, next.credit.shared) }
    const limits = { signal: source.closing.signal }
    try {
      await this.life.ledger.enter(source.verb, source.target, undefined, options, limits)
    } catch (error) {
      // The host has closed it meanwhile.
      if (!this.#sources.has(source)) return
      source.next = undefined
      throw error
    }
  }
}
