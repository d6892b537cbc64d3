import type { RpcOutcome } from '../../../core/adapter.js'
import { RpcError, SerializeError } from '../../../core/errors.js'
import type { SequenceTable } from '../../../core/sequence-table.js'
import type { Value } from '../../../core/value.js'
import type { SecretMask } from '../../secret-mask.js'
import { isGoingAway } from '../going-away.js'
import type { Members } from '../members.js'
import { idOf, type ReplyRules, readReply } from '../reply.js'
import { errorOf } from '../reply-error.js'
import type { Call } from './call.js'

export interface IncomingPorts {
  notified(method: string, params: Value | undefined): void
  /** The server calls us. */
  called(id: Value): void
  /** The server ends: it takes no more calls. Called before the call that says so is settled. */
  goingAway(): void
  /** A message that is none, or belongs to no call, is passed over. */
  ignored(reason: string): void
}

/** Sorts what a server sends: answers go to the calls that wait for them, notifications to whoever listens. */
export class Incoming {
  readonly #rules: ReplyRules
  /** The calls that have no answer, by their id; a call leaves it when it is settled. */
  readonly #pending: SequenceTable<Call>
  readonly #ports: IncomingPorts

  constructor(rules: ReplyRules, pending: SequenceTable<Call>, ports: IncomingPorts) {
    this.#rules = rules
    this.#pending = pending
    this.#ports = ports
  }

  /** One message, or a batch of them. */
  read(message: Value): void {
    if (!Array.isArray(message)) return void this.#readOne(message)
    let answered: Call | undefined
    for (const one of message as readonly Value[]) answered = this.#readOne(one) ?? answered
    const { integration } = this.#rules
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
    const number = idOf(message as Members, this.#rules.strict)
    const call = number === undefined ? undefined : this.#pending.get(number)
    if (call !== undefined) this.#settle(call, readReply(message, call.id, this.#rules))
    // It may be about anything that we have sent: to end a call with it could end the wrong one.
    else if (id === null || id === undefined) this.#ignore(unaddressed(message as Members, this.#rules.mask))
    // An answer to a call that was given up is no news.
    return call
  }

  #settle(call: Call, outcome: RpcOutcome): void {
    if (
      !outcome.ok &&
      outcome.error instanceof RpcError &&
      isGoingAway(outcome.error.code, outcome.error.data)
    )
      this.#ports.goingAway()
    call.settle(outcome)
  }

  #ignore(reason: string): undefined {
    this.#ports.ignored(reason)
  }
}

function unaddressed({ error }: Members, mask: SecretMask): string {
  const words = error === undefined || error === null ? undefined : errorOf(mask.value(error), {})
  if (words === undefined) return 'it is neither a notification nor an answer with an id'
  return `it is an error that does not say which call it is about: ${words.code} ${words.message}`
}
