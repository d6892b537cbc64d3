import { randomUUID } from 'node:crypto'
import type { OperationContext } from '../../core/adapter.js'
import { IntegrationError, RpcError, SerializeError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { abortFailure } from './failures.js'
import type { Inbox } from './inbox.js'
import type { PublishPacket } from './publish-decoder.js'
import { errorOf } from './rpc-errors.js'
import type { Session } from './session.js'

interface Pending {
  readonly resolve: (value: Value) => void
  readonly reject: (error: IntegrationError) => void
}

/** An answer that is awaited. */
export interface ExpectedReply {
  readonly topic: string
  readonly correlationData: Uint8Array
  readonly answer: Promise<Value>
  fail(error: IntegrationError): void
}

/**
 * The answers to the calls of one connection: one response topic, subscribed to on the first call, and a
 * number per call as correlation data (MQTT 5, section 4.10).
 */
export class Replies {
  readonly #session: Session
  readonly #inbox: Inbox
  readonly #format: WireFormat
  readonly #topic: string
  readonly #pending = new Map<number, Pending>()
  #subscribed: Promise<void> | undefined
  #last = 0

  constructor(session: Session, inbox: Inbox, format: WireFormat, topicPrefix: string) {
    this.#session = session
    this.#inbox = inbox
    this.#format = format
    this.#topic = `${topicPrefix}/${randomUUID()}`
  }

  /** Makes ready for answers. @throws Refused, ConnectionError */
  listen(): Promise<void> {
    this.#subscribed ??= this.#subscribe().catch((error: unknown) => {
      this.#subscribed = undefined
      throw error
    })
    return this.#subscribed
  }

  /** Expects one answer, until `context.signal` aborts. */
  expect(method: string, context: OperationContext): ExpectedReply {
    this.#last = (this.#last + 1) >>> 0
    const number = this.#last
    const correlationData = Buffer.allocUnsafe(4)
    correlationData.writeUInt32BE(number)
    const { signal } = context
    const onAbort = () => fail(abortFailure(`call ${method}`, signal))
    const settled = () => {
      signal.removeEventListener('abort', onAbort)
      return this.#pending.delete(number)
    }
    let fail!: (error: IntegrationError) => void
    const answer = new Promise<Value>((resolve, reject) => {
      fail = (error) => {
        if (settled()) reject(error)
      }
      this.#pending.set(number, {
        resolve: (value) => {
          if (settled()) resolve(value)
        },
        reject: fail,
      })
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    return { topic: this.#topic, correlationData, answer, fail }
  }

  /** Rejects all that is awaited. */
  close(error: IntegrationError): void {
    for (const pending of [...this.#pending.values()]) pending.reject(error)
  }

  async #subscribe(): Promise<void> {
    const route = {
      filter: this.#topic,
      subscribed: this.#topic,
      id: undefined,
      accept: (packet: PublishPacket) => this.#accept(packet),
    }
    this.#inbox.add(route)
    try {
      await this.#session.subscribe(this.#topic, 1, undefined)
    } catch (error) {
      this.#inbox.remove(route)
      throw error
    }
  }

  #accept(packet: PublishPacket): void {
    const { correlationData, headers } = packet.properties
    if (correlationData?.length !== 4) return
    const pending = this.#pending.get(Buffer.from(correlationData).readUInt32BE(0))
    if (pending === undefined) return
    try {
      const error = errorOf(headers)
      if (error === undefined) pending.resolve(this.#format.decode(packet.payload))
      else pending.reject(error)
    } catch (cause) {
      pending.reject(
        cause instanceof IntegrationError
          ? cause
          : new SerializeError(`the answer is not ${this.#format.name}`, { cause }),
      )
    }
  }
}

/** The error for a call whose method nobody serves. */
export function noServer(method: string): RpcError {
  return new RpcError(-32_601, `nobody serves ${method}`)
}
