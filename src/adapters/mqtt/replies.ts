import { randomInt } from 'node:crypto'
import type { OperationContext } from '../../core/adapter.js'
import { type ConnectionError, IntegrationError, RpcError, SerializeError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import type { Hold } from './ack-gate.js'
import { abortFailure } from './failures.js'
import type { PublishPacket } from './publish-decoder.js'
import { errorOf } from './rpc-errors.js'
import type { Session } from './session.js'
import type { Receiver } from './session-group.js'

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
 * number per call as correlation data (MQTT 5, section 4.10). The numbers begin anywhere, so that an answer to a
 * call of an earlier connection is not taken for one of ours.
 */
export class Replies implements Receiver {
  readonly #session: Session
  readonly #format: WireFormat
  readonly #topic: string
  readonly #pending = new Map<number, Pending>()
  #subscribed: Promise<void> | undefined
  #last = randomInt(2 ** 32)

  constructor(session: Session, format: WireFormat, topic: string) {
    this.#session = session
    this.#format = format
    this.#topic = topic
  }

  /** Makes ready for answers. @throws Refused, ConnectionError */
  listen(): Promise<void> {
    this.#subscribed ??= this.#session.subscribe(this.#topic, 1, undefined).catch((error: unknown) => {
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

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    if (packet.topic === this.#topic) this.#accept(packet)
    hold?.settle()
  }

  /** Rejects all that is awaited. */
  close(error: ConnectionError): void {
    for (const pending of [...this.#pending.values()]) pending.reject(error)
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
