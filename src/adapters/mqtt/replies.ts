import type { Attempt } from '../../core/adapter/attempt.js'
import type { Random } from '../../core/random.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { onFirstUse } from '../on-first-use.js'
import { type ExpectedReply, PendingReplies } from '../pending-replies.js'
import type { Hold } from './client/ack-gate.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Session } from './client/session.js'
import { connectionError } from './errors.js'
import { errorOf } from './rpc-errors.js'

/** Where to send an answer. */
export interface ReplyAddress {
  readonly topic: string
  readonly correlationData: Uint8Array
}

/**
 * Receives the answers to the calls of one connection: one response topic, subscribed to on the first call, and a
 * number per call as correlation data (MQTT 5, section 4.10). The numbers start at random, so that an answer to a call
 * of an earlier connection matches no call.
 */
export class Replies {
  /** Subscribes to the response topic. @throws Refused, RangeError, ConnectionEnded */
  readonly listen: () => Promise<unknown>
  readonly #pending: PendingReplies
  /** The response topic once it is subscribed to. */
  #topic = ''

  /** @param topic returns the response topic when it is first needed */
  constructor(session: Session, format: WireFormat, random: Random, topic: () => string) {
    this.listen = onFirstUse(() => {
      this.#topic = topic()
      return session.subscribe(this.#topic, 1, undefined)
    })
    this.#pending = new PendingReplies(format, Math.floor(random.number() * 2 ** 32))
  }

  /** Registers a call whose answer is expected until `context.signal` aborts. */
  expect(method: string, context: Attempt): ExpectedReply & ReplyAddress {
    const reply = this.#pending.expect(method, context)
    const correlationData = Buffer.allocUnsafe(4)
    correlationData.writeUInt32BE(reply.number)
    return { ...reply, topic: this.#topic, correlationData }
  }

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    if (packet.topic === this.#topic) this.#accept(packet)
    hold?.settle()
  }

  /** Rejects all calls that wait for an answer. */
  close(error: Error): void {
    this.#pending.close(connectionError(error))
  }

  #accept({ properties, payload }: PublishPacket): void {
    const { correlationData, headers } = properties
    if (correlationData?.length !== 4) return
    const number = Buffer.from(correlationData).readUInt32BE(0)
    this.#pending.settle(number, () => errorOf(headers) ?? payload)
  }
}
