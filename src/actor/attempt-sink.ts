import type { Attempt } from '../core/adapter/attempt.js'
import type { InboundMessage, MessageSink } from '../core/adapter/inbound.js'
import { ConnectionError } from '../core/errors/connection.js'
import { abortReason } from '../resilience/retry.js'
import { failureOf } from './adapter-failure.js'
import { isMessage, notAMessage } from './inbound-check.js'
import { quietly } from './quietly.js'

/**
 * The sink of one attempt to open a source. Once the attempt has timed out or its connection is lost, it is retired and
 * refuses further messages.
 */
export class AttemptSink<M extends InboundMessage> implements MessageSink<M> {
  readonly #what: string
  readonly #target: MessageSink<M>
  readonly #refuse: (message: M) => void
  #state: 'opening' | 'in-use' | 'retired' = 'opening'
  /** The error with which the source ended before it was open. */
  #endedEarly: Error | undefined

  /**
   * @param what the pattern, queue or method to open
   * @param refuse gives back a message that arrives after the sink was retired
   */
  constructor(what: string, target: MessageSink<M>, refuse: (message: M) => void) {
    this.#what = what
    this.#target = target
    this.#refuse = refuse
  }

  deliver(message: M): boolean {
    if (!isMessage(message)) throw notAMessage(message)
    if (this.#state !== 'retired') return this.#target.deliver(message)
    this.#refuse(message)
    return true
  }

  lost(count: number, reason: string): void {
    if (this.#state !== 'retired') this.#target.lost(count, reason)
  }

  end(thrown: Error): void {
    const error = failureOf('subscribe', this.#what, thrown)
    if (this.#state === 'opening') this.#endedEarly = error
    else if (this.#state === 'in-use') {
      this.#state = 'retired'
      this.#target.end(error)
    }
  }

  /** Whether the source of this attempt has ended. */
  get isRetired(): boolean {
    return this.#state === 'retired'
  }

  retire(): void {
    this.#state = 'retired'
  }

  /**
   * Opens the source. Closes it again if it opens after the attempt has been aborted.
   * @throws what `open` throws; the reason with which the attempt was aborted
   */
  async open<O extends { close(): Promise<void> }>(attempt: Attempt, open: () => Promise<O>): Promise<O> {
    let opened: O
    try {
      opened = await open()
    } catch (error) {
      this.retire()
      throw error
    }
    const refusal = attempt.signal.aborted ? abortReason(attempt.signal) : undefined
    if (refusal === undefined && this.#state === 'opening') {
      this.#state = 'in-use'
      if (this.#endedEarly !== undefined) this.end(this.#endedEarly)
      return opened
    }
    this.retire()
    void quietly(() => opened.close())
    throw refusal ?? new ConnectionError('the connection was lost')
  }
}
