import type { Attempt, InboundMessage, MessageSink } from '../core/adapter.js'
import { ConnectionError } from '../core/errors.js'
import { abortReason } from '../resilience/retry.js'
import { quietly } from './quietly.js'

/**
 * Where one attempt to open a source delivers. When the attempt was given up, or its connection is lost, it is retired:
 * what still comes by it reaches nobody.
 */
export class AttemptSink<M extends InboundMessage> implements MessageSink<M> {
  readonly #target: MessageSink<M>
  readonly #refuse: (message: M) => void
  #state: 'opening' | 'in-use' | 'retired' = 'opening'
  /** The source ended before it was in use. */
  #endedEarly: Error | undefined

  /** @param refuse gives back a message that has come too late. */
  constructor(target: MessageSink<M>, refuse: (message: M) => void) {
    this.#target = target
    this.#refuse = refuse
  }

  deliver(message: M): boolean {
    if (!isMessage(message)) throw new TypeError(`an adapter delivers messages, found ${inspect(message)}`)
    if (this.#state !== 'retired') return this.#target.deliver(message)
    this.#refuse(message)
    return true
  }

  lost(count: number, reason: string): void {
    if (this.#state !== 'retired') this.#target.lost(count, reason)
  }

  end(error: Error): void {
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

/** Adapters of others may deliver what they like: it fails where they do it. */
function isMessage(message: InboundMessage | undefined): boolean {
  return message?.payload instanceof Uint8Array && typeof message.topic === 'string'
}

function inspect(message: unknown): string {
  if (typeof message !== 'object' || message === null) return String(message)
  const { topic, payload } = message as Partial<Record<keyof InboundMessage, unknown>>
  return `a topic that is ${typeof topic} and a payload that is ${payload === null ? 'null' : typeof payload}`
}
