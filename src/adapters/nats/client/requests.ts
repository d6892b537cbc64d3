import type { Clock } from '../../../core/clock.js'
import { DeadlineTimer } from '../../../core/deadline-timer.js'
import { AuthError } from '../../../core/errors/connection.js'
import type { IntegrationError } from '../../../core/errors/integration-error.js'
import { SerializeError, TimeoutError } from '../../../core/errors/operation.js'
import type { Random } from '../../../core/random.js'
import { SequenceTable } from '../../../core/sequence-table.js'
import { cutOff, unsent } from '../../cut-off.js'
import type { Connection } from './connection.js'
import type { HeaderBlock } from './headers.js'
import type { MessageView } from './message-view.js'

/** An answer. The receiver owns its memory. */
export interface Reply {
  readonly block: HeaderBlock
  readonly payload: Uint8Array
}

/** The subject of a request has no subscriber. Callers translate this into their own error. */
export class NoResponders extends Error {}

interface Pending {
  readonly operation: string
  readonly subject: string
  /** `clock.monotonic()` milliseconds. */
  readonly deadline: number
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

const NO_RESPONDERS = 503

/** What a request sends. */
export interface Request {
  readonly subject: string
  readonly headers?: Uint8Array | undefined
  readonly payload: Uint8Array
}

/**
 * Requests and answers over one connection. All answers use one subscription, made with the first request, and all
 * deadlines use one timer.
 */
export class Requests {
  readonly #connection: Connection
  readonly #inbox: string
  readonly #pending = new SequenceTable<Pending>()
  readonly #deadlines: DeadlineTimer
  #subscribed = false
  #last = 0

  constructor(connection: Connection, clock: Clock, random: Random, inboxPrefix: string) {
    this.#connection = connection
    this.#inbox = newInbox(inboxPrefix, random)
    this.#deadlines = new DeadlineTimer(clock, (now) => this.#expire(now))
  }

  /** How many requests wait for an answer. */
  get size(): number {
    return this.#pending.size
  }

  /**
   * Sends a request and waits for its answer.
   * @param operation names the request in errors: `call users.list`
   * @param deadline `clock.monotonic()` milliseconds
   * @throws NoResponders, TimeoutError, AuthError (not permitted), ConnectionError
   */
  send(operation: string, request: Request, deadline: number): Promise<Reply> {
    const { subject, headers, payload } = request
    const { closed } = this.#connection
    if (closed !== undefined) return Promise.reject(unsent(closed))
    if (!this.#subscribed) this.#subscribe()
    const number = ++this.#last
    return new Promise((resolve, reject) => {
      this.#pending.set(number, { operation, subject, deadline, resolve, reject })
      if (Number.isFinite(deadline)) this.#deadlines.add(deadline)
      this.#connection.writer.publish(subject, `${this.#inbox}.${number.toString(36)}`, headers, payload)
    })
  }

  /**
   * Rejects the requests to a subject that the server does not permit. The server does not say which request it
   * refused. Of several, earlier ones may have been executed before the permissions changed.
   */
  refused(subject: string, text: string): void {
    const found = [...this.#pending.entries()].filter(([, pending]) => pending.subject === subject)
    const context = found.length === 1 ? { notExecuted: true } : {}
    for (const [number, { operation, reject }] of found) {
      this.#pending.take(number)
      reject(new AuthError(`${operation} is not permitted: ${text}`, context))
    }
  }

  /** Rejects all requests in flight, because their connection ended. */
  close(loss: IntegrationError): void {
    this.#deadlines.cancel()
    for (const { reject } of this.#pending.values()) reject(cutOff(loss))
    this.#pending.clear()
  }

  #subscribe(): void {
    this.#subscribed = true
    const take = (view: MessageView) => {
      const number = Number.parseInt(view.subject.slice(this.#inbox.length + 1), 36)
      return this.#pending.take(number)
    }
    this.#connection.subscribe(`${this.#inbox}.*`, undefined, {
      onMessage: (view) => {
        const pending = take(view)
        if (pending === undefined) return
        const block = view.headers
        if (block.status === NO_RESPONDERS && view.size === view.headerSize)
          pending.reject(new NoResponders(`no subscriber for subject ${pending.subject}`))
        else pending.resolve({ block, payload: view.ownPayload })
      },
      onOversize: (view) =>
        take(view)?.reject(new SerializeError(`the answer has ${view.size} bytes: more than limits.frame`)),
      onRefused: (text) => {
        const pending = [...this.#pending.values()]
        this.#pending.clear()
        for (const { operation, reject } of pending)
          reject(new AuthError(`${operation}: the server refused the subscription for answers: ${text}`))
        this.#subscribed = false
      },
    })
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const [number, { deadline, operation, reject }] of this.#pending.entries()) {
      if (deadline > now) {
        if (deadline < next) next = deadline
        continue
      }
      this.#pending.take(number)
      reject(new TimeoutError(operation))
    }
    return next
  }
}

/** Returns an unguessable subject prefix for answers. */
export function newInbox(prefix: string, random: Random): string {
  return `${prefix}.${random.bytes(11).toString('base64url').replace(/[-_]/g, '0')}`
}
