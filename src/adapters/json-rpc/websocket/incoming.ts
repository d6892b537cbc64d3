import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import { SerializeError } from '../../../core/errors/operation.js'
import { RpcError } from '../../../core/errors/rpc.js'
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
  /** The server calls a method. */
  called(id: Value): void
  /** The server shuts down and refuses new calls. Called before the call that was refused is settled. */
  goingAway(): void
  /** A message is ignored: it is malformed or belongs to no call. */
  ignored(reason: string): void
}

/** Sorts a server's messages: answers settle their calls, notifications go to subscribers. */
export class Incoming {
  readonly #rules: ReplyRules
  /** Unanswered calls by id; a call is removed when it settles. */
  readonly #pending: SequenceTable<Call>
  readonly #ports: IncomingPorts

  constructor(rules: ReplyRules, pending: SequenceTable<Call>, ports: IncomingPorts) {
    this.#rules = rules
    this.#pending = pending
    this.#ports = ports
  }

  /** Handles one message or a batch. @param bytes its size on the wire */
  read(message: Value, bytes: number): void {
    if (!Array.isArray(message)) return void this.#readOne(message, bytes)
    let answered: Call | undefined
    const each = Math.ceil(bytes / message.length)
    for (const one of message as readonly Value[]) answered = this.#readOne(one, each) ?? answered
    const { integration } = this.#rules
    for (const call of answered?.companions ?? [])
      call.fail(new SerializeError('malformed answer: the batch has no answer to this call', { integration }))
  }

  /** @returns the call that the message answers */
  #readOne(message: Value, bytes: number): Call | undefined {
    if (typeof message !== 'object' || message === null || Array.isArray(message))
      return this.#ignore('expected an object')
    const { id, method, params } = message as { readonly [name: string]: Value }
    if (method !== undefined) {
      if (typeof method !== 'string') return this.#ignore('expected a string as the method')
      if (id === undefined) this.#ports.notified(method, params)
      else this.#ports.called(id)
      return undefined
    }
    const number = idOf(message as Members, this.#rules.strict)
    const call = number === undefined ? undefined : this.#pending.get(number)
    if (call !== undefined) {
      call.answered(bytes)
      this.#settle(call, readReply(message, call.id, this.#rules))
    }
    // An error without an id may concern any message that we have sent, so that it settles no call.
    else if (id === null || id === undefined) this.#ignore(unaddressed(message as Members, this.#rules.mask))
    // A call that is no longer pending was cancelled; its answer is ignored.
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
  if (words === undefined) return 'neither a notification nor an answer with an id'
  return `an error without the id of a call: ${words.code} ${words.message}`
}
