import { ConnectionError } from '../../../core/errors.js'
import type { Outbound } from './outbound.js'
import { Refused } from './outgoing.js'
import type { PacketIds } from './packet-ids.js'
import { PacketReader } from './packet-reader.js'
import { data, packet, prefixed, uint16, varint } from './packet-writer.js'
import { describeReason } from './reason-codes.js'

const SUBSCRIBE = 0x82
const UNSUBSCRIBE = 0xa2
const SUBSCRIPTION_ID = 0x0b
const NO_PROPERTIES = prefixed()

interface Pending {
  readonly resolve: (reason: number) => void
  readonly reject: (error: Error) => void
}

/** The SUBSCRIBE and UNSUBSCRIBE packets of one connection that the broker has not answered yet. */
export class Subscriptions {
  readonly #outbound: Outbound
  readonly #ids: PacketIds
  readonly #version: 4 | 5
  readonly #pending = new Map<number, Pending>()
  #closed: Error | undefined

  constructor(outbound: Outbound, ids: PacketIds, version: 4 | 5) {
    this.#outbound = outbound
    this.#ids = ids
    this.#version = version
  }

  /** @throws Refused saying why, the reason of `close` */
  async subscribe(filter: string, qos: 0 | 1 | 2, subscriptionId: number | undefined): Promise<void> {
    const properties =
      subscriptionId === undefined ? [] : [Buffer.of(SUBSCRIPTION_ID), varint(subscriptionId)]
    const reason = await this.#ask(SUBSCRIBE, prefixed(...properties), encode(filter), Buffer.of(qos))
    if (reason >= 0x80) throw new Refused(describeReason(reason))
  }

  /** @throws Refused, the reason of `close` */
  async unsubscribe(filter: string): Promise<void> {
    await this.#ask(UNSUBSCRIBE, NO_PROPERTIES, encode(filter))
  }

  /** A SUBACK or UNSUBACK, which answers one filter each; unknown identifiers are ignored. @throws MalformedPacket */
  onAnswer(bytes: Buffer, body: number, end: number): void {
    const reader = new PacketReader(bytes, body, end)
    const id = reader.uint16()
    if (this.#version === 5) reader.section()
    // UNSUBACK of 3.1.1 has no reason.
    const reason = reader.done ? 0 : reader.byte()
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    this.#ids.deallocate(id)
    pending.resolve(reason)
  }

  /** Rejects all that is pending, and what is still to come. */
  close(error: Error): void {
    this.#closed = error
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }

  #ask(header: number, properties: Buffer, ...payload: readonly Buffer[]): Promise<number> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    const id = this.#ids.allocate()
    if (id === null) return Promise.reject(new ConnectionError('all packet identifiers are in use'))
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      const fields = this.#version === 5 ? [properties, ...payload] : payload
      this.#outbound.bytes(packet(header, uint16(id), ...fields))
    })
  }
}

function encode(filter: string): Buffer {
  try {
    return data(filter, 'the topic filter')
  } catch (error) {
    throw new Refused((error as Error).message, { cause: error })
  }
}
