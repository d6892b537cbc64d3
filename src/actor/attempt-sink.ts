import type { Attempt, InboundMessage, MessageSink } from '../core/adapter.js'
import { ConnectionError } from '../core/errors.js'
import { abortReason } from '../resilience/retry.js'
import { failureOf } from './adapter-failure.js'
import { isMessage, notAMessage } from './inbound-check.js'
import { quietly } from './quietly.js'

/**
 * Where one attempt to open a source delivers. When the attempt was given up, or its connection is lost, it is retired:
 * what still comes by it reaches nobody.
 */
export class AttemptSink<M extends InboundMessage> implements MessageSink<M> {
  readonly #what: string
  readonly #target: MessageSink<M>
  readonly #refuse: (message: M) => void
  #state: 'opening' | 'in-use' | 'retired' = 'opening'
  /** The source ended before it was in use. */
  #endedEarly: Error | undefined

  /**
   * @param what the pattern, queue or method that is opened.
   * @param refuse gives back a message that has come too late.
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

  retire(): void {
    this.#state = 'retired'
  }

  /**
   * Opens the source. One that opens only after its attempt was given up is closed again.
   * @throws what `open` throws; the error with which the source ended meanwhile
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
