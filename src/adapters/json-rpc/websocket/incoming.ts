import { SerializeError } from '../../../core/errors.js'
import type { SequenceTable } from '../../../core/sequence-table.js'
import type { Value } from '../../../core/value.js'
import { readReply } from '../codec.js'
import type { Call } from './call.js'

export interface IncomingPorts {
  notified(method: string, params: Value | undefined): void
  /** The server calls us. */
  called(id: Value): void
  /** A message that is none is passed over; said once for a connection. */
  ignored(reason: string): void
}

/** Sorts what a server sends: answers go to the calls that wait for them, notifications to whoever listens. */
export class Incoming {
  readonly #integration: string
  /** The calls that have no answer, by their id; a call leaves it when it is settled. */
  readonly #pending: SequenceTable<Call>
  readonly #ports: IncomingPorts
  #hasIgnored = false

  constructor(integration: string, pending: SequenceTable<Call>, ports: IncomingPorts) {
    this.#integration = integration
    this.#pending = pending
    this.#ports = ports
  }

  /** One message, or a batch of them. */
  read(message: Value): void {
    if (!Array.isArray(message)) return void this.#readOne(message)
    let answered: Call | undefined
    for (const one of message as readonly Value[]) answered = this.#readOne(one) ?? answered
    const integration = this.#integration
    for (const call of answered?.companions ?? [])
      call.fail(new SerializeError('malformed answer: the batch has no answer to this call', { integration }))
  }

  /** @returns the call that it answers. */
  #readOne(message: Value): Call | undefined {
    if (typeof message !== 'object' || message === null || Array.isArray(message))
      return this.#ignore('it is no object')
    const { id, method, params } = message as { readonly [name: string]: Value }
    if (method !== undefined) {
      if (typeof method !== 'string') return this.#ignore('the name of its method is no text')
      if (id === undefined) this.#ports.notified(method, params)
      else this.#ports.called(id)
      return undefined
    }
    const call = typeof id === 'number' ? this.#pending.get(id) : undefined
    if (call !== undefined) call.settle(readReply(message, call.id, this.#integration))
    else if (id === null) this.#readUnaddressed(message)
    // An answer to a call that was given up is no news.
    return call
  }

  /** An error without an id is about the only message that waits for an answer, if there is but one. */
  #readUnaddressed(message: Value): void {
    const [first] = this.#pending.values()
    const waiting = first?.companions.filter((call) => !call.isSettled) ?? []
    if (first === undefined || waiting.length !== this.#pending.size)
      return this.#ignore('it is an error that does not say which call it is about')
    for (const call of waiting) call.settle(readReply(message, call.id, this.#integration))
  }

  #ignore(reason: string): undefined {
    if (!this.#hasIgnored) this.#ports.ignored(reason)
    this.#hasIgnored = true
  }
}
