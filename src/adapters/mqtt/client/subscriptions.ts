import { topicPatternFault } from '../../../core/topic-pattern.js'
import { ConnectionEnded, MalformedPacket, Refused } from './errors.js'
import type { Outbound } from './outbound.js'
import type { PacketIds } from './packet-ids.js'
import { PacketProperties, PROPERTY } from './packet-properties.js'
import { PacketReader } from './packet-reader.js'
import { data, packet, prefixed, uint16, varint } from './packet-writer.js'
import { topicTextFault } from './text.js'

const SUBSCRIBE = 0x82
const UNSUBSCRIBE = 0xa2
const SUBSCRIPTION_ID = 0x0b
const NO_PROPERTIES = prefixed()

/** The limits of the broker, from CONNACK. */
export interface SubscriptionLimits {
  readonly maximumPacketSize: number
  readonly wildcardsAvailable: boolean
  readonly sharedSubscriptionsAvailable: boolean
}

interface Answer {
  readonly reasons: readonly number[]
  readonly reasonString: string | undefined
}

interface Pending {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** The SUBSCRIBE and UNSUBSCRIBE packets of one connection that wait for an answer. */
export class Subscriptions {
  readonly #outbound: Outbound
  readonly #ids: PacketIds
  readonly #version: 4 | 5
  readonly #mask: (text: string) => string
  readonly #pending = new Map<number, Pending>()
  #limits: SubscriptionLimits | undefined
  #closed: Error | undefined

  /** @param mask hides our secrets in texts of the broker */
  constructor(
    outbound: Outbound,
    ids: PacketIds,
    version: 4 | 5,
    mask: (text: string) => string = (text) => text,
  ) {
    this.#outbound = outbound
    this.#ids = ids
    this.#version = version
    this.#mask = mask
  }

  /** Sets the limits of the broker. */
  limit(limits: SubscriptionLimits): void {
    this.#limits = limits
  }

  /**
   * Subscribes to a filter.
   * @returns the quality of service that the broker granted
   * @throws RangeError (not sent, because the broker would close the connection), Refused, the reason of `close`
   */
  async subscribe(
    filter: string,
    qos: 0 | 1 | 2,
    subscriptionId: number | undefined,
    retainHandling: 0 | 2 = 0,
  ): Promise<0 | 1 | 2> {
    this.#check(filter)
    const properties =
      subscriptionId === undefined ? [] : [Buffer.of(SUBSCRIPTION_ID), varint(subscriptionId)]
    const options = this.#version === 5 ? qos | (retainHandling << 4) : qos
    const { reasons, reasonString } = await this.#ask(
      SUBSCRIBE,
      prefixed(...properties),
      data(filter, 'the topic filter'),
      Buffer.of(options),
    )
    const [reason] = reasons
    if (reason === undefined || reasons.length > 1)
      throw new Refused(`the broker answered one topic filter with ${reasons.length} reason codes`)
    if (reason > 2) throw new Refused(reason, reasonString)
    return reason as 0 | 1 | 2
  }

  /** Unsubscribes from a filter. @throws RangeError, Refused, the reason of `close` */
  async unsubscribe(filter: string): Promise<void> {
    const { reasons, reasonString } = await this.#ask(
      UNSUBSCRIBE,
      NO_PROPERTIES,
      data(filter, 'the topic filter'),
    )
    const reason = reasons[0] ?? 0
    if (reason >= 0x80) throw new Refused(reason, reasonString)
  }

  /** Handles SUBACK or UNSUBACK, each for one filter. Ignores unknown identifiers. @throws MalformedPacket */
  onAnswer(bytes: Buffer, body: number, end: number): void {
    const reader = new PacketReader(bytes, body, end)
    const id = reader.uint16()
    const properties = new PacketProperties(
      this.#version === 5 ? reader.section() : undefined,
      'an answer to a subscription',
    )
    const reasons: number[] = []
    while (!reader.done) {
      if (reasons.length > 16)
        throw new MalformedPacket('an answer to a subscription with too many reason codes')
      reasons.push(reader.byte())
    }
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    this.#ids.deallocate(id)
    const text = properties.text(PROPERTY.reasonString)
    pending.resolve({ reasons, reasonString: text && this.#mask(text) })
  }

  /** Rejects all packets that wait, and all later ones. */
  close(error: Error): void {
    this.#closed = error
    for (const [id, { reject }] of this.#pending) {
      this.#ids.deallocate(id)
      reject(error)
    }
    this.#pending.clear()
  }

  #check(filter: string): void {
    const fault = filterFault(filter)
    if (fault !== undefined) throw new RangeError(`the topic filter is invalid: ${fault}`)
    const limits = this.#limits
    if (limits?.wildcardsAvailable === false && /[+#]/.test(filter))
      throw new RangeError('the broker does not support wildcards in subscriptions')
    if (limits?.sharedSubscriptionsAvailable === false && filter.startsWith('$share/'))
      throw new RangeError('the broker does not support shared subscriptions')
  }

  #ask(header: number, properties: Buffer, ...payload: readonly Buffer[]): Promise<Answer> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    const id = this.#ids.allocate()
    if (id === null)
      return Promise.reject(new ConnectionEnded('all packet identifiers are in use', { notSent: true }))
    const fields = this.#version === 5 ? [properties, ...payload] : payload
    const bytes = packet(header, uint16(id), ...fields)
    const most = this.#limits?.maximumPacketSize ?? Number.POSITIVE_INFINITY
    if (bytes.length > most) {
      this.#ids.deallocate(id)
      return Promise.reject(
        new RangeError(
          `the packet has ${bytes.length} bytes: more than the broker's maximum packet size (${most} bytes)`,
        ),
      )
    }
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#outbound.bytes(bytes)
    })
  }
}

/** Returns a filter without its `$share/GROUP/` prefix (MQTT 5, section 4.8.2). */
export function sharedFilter(filter: string): string {
  if (!filter.startsWith('$share/')) return filter
  const slash = filter.indexOf('/', 7)
  return slash < 0 ? filter : filter.slice(slash + 1)
}

/** Returns why a filter is invalid, or undefined. For `$share/GROUP/FILTER` it checks the group and the filter. */
export function filterFault(filter: string): string | undefined {
  const fault = topicTextFault(filter) ?? topicPatternFault(filter)
  if (fault !== undefined || !filter.startsWith('$share/')) return fault
  const group = filter.split('/')[1] ?? ''
  if (group === '' || /[+#]/.test(group)) return 'the share group must have a name without wildcards'
  const shared = sharedFilter(filter)
  return shared === filter
    ? 'a shared subscription needs a filter after its group'
    : topicPatternFault(shared)
}
