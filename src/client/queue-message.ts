import { checkOptions } from '../core/arguments.js'
import { toMilliseconds } from '../core/duration.js'
import { INSPECT, shownAs, shownHeaders, shownValue } from '../core/inspect.js'
import { NACK_OPTIONS, type NackOptions } from '../core/operation-options.js'
import type { Headers } from '../core/value.js'
import type { IntegrationMail } from '../mailbox/integration-mail.js'
import type { DeliveryExtras, RequestOptions } from '../mailbox/protocol.js'

const LONGEST_REASON = 1_000

/** A message of a queue. The broker keeps it until it is settled, and delivers it again if it is not. */
export class QueueMessage<T = unknown> {
  readonly #mail: IntegrationMail
  readonly #life: number
  readonly #extras: DeliveryExtras
  readonly #value: () => unknown
  /** Identifies this delivery for `ack` and `nack` of the client. */
  readonly id: string
  /** The queue that it was taken from. */
  readonly queue: string
  /** The payload as it was on the wire; `undefined` if only the value crossed. */
  readonly bytes: Uint8Array | undefined
  #settled = false

  /** @internal */
  constructor(
    mail: IntegrationMail,
    life: number,
    queue: string,
    extras: DeliveryExtras,
    value: () => unknown,
    bytes: Uint8Array | undefined,
  ) {
    this.#mail = mail
    this.#life = life
    this.#extras = extras
    this.#value = value
    this.id = deliveryId(life, extras.token!)
    this.queue = queue
    this.bytes = bytes
  }

  /**
   * The decoded payload.
   * @throws SerializeError if it cannot be decoded in the wire format
   */
  get value(): T {
    return this.#value() as T
  }

  /** Text metadata beside the payload; empty where there is none. */
  get headers(): Headers {
    return this.#extras.headers ?? {}
  }

  /** The broker's id of the message, if it has one. */
  get messageId(): string | undefined {
    return this.#extras.id
  }

  /** The number of the delivery, from 1. */
  get attempt(): number {
    return this.#extras.attempt ?? 1
  }

  /** Whether it was delivered before, as far as the broker tells. */
  get redelivered(): boolean {
    return this.#extras.redelivered ?? false
  }

  /** Whether `ack` or `nack` of this object has been called. */
  get isSettled(): boolean {
    return this.#settled
  }

  /**
   * Acknowledges the message, which the broker then deletes.
   * @returns false if it was settled before, or if its actor has died and the broker delivers it again
   * @throws AckError if the acknowledgement cannot reach the broker
   */
  ack(): Promise<boolean> {
    this.#settled = true
    return this.#mail.settle('ack', this.#life, this.#extras.token!)
  }

  /** Gives the message back uncounted, because the application has not seen it. @internal */
  undelivered(): Promise<boolean> {
    this.#settled = true
    return this.#mail.settle('undelivered', this.#life, this.#extras.token!)
  }

  /**
   * Gives the message back to be delivered again; by default after a growing delay.
   * @returns false in the same cases as `ack`
   * @throws AckError if the request cannot reach the broker
   */
  async nack(options?: NackOptions): Promise<boolean> {
    checkNack(options, this.#mail.name)
    this.#settled = true
    return this.#mail.settle('nack', this.#life, this.#extras.token!, nackOptionsOf(options))
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    const { id, queue, messageId, attempt, isSettled } = this
    const value = shownValue(() => this.value)
    return shownAs('QueueMessage', {
      id,
      queue,
      ...value,
      headers: shownHeaders(this.headers),
      messageId,
      attempt,
      isSettled,
    })
  }
}

function deliveryId(life: number, token: number): string {
  return `${life}-${token}`
}

/** Reads the id of a delivery. @returns `undefined` if it is not one */
export function parseDeliveryId(id: string): { readonly life: number; readonly token: number } | undefined {
  const parts = /^(\d+)-(\d+)$/.exec(id)
  return parts === null ? undefined : { life: Number(parts[1]), token: Number(parts[2]) }
}

/** Checks the options of `nack`. @throws ConfigError for a wrong option */
export function checkNack(options: NackOptions | undefined, integration: string): void {
  checkOptions('nack', options, NACK_OPTIONS, { integration })
}

/** Converts the options of `nack` for a request. Without a delay the actor chooses one that grows. */
export function nackOptionsOf({ delay, reason }: NackOptions = {}): RequestOptions | undefined {
  if (delay === undefined && reason === undefined) return undefined
  return {
    ...(delay !== undefined && { delayMs: toMilliseconds(delay, 'delay') }),
    ...(reason !== undefined && { reason: reason.slice(0, LONGEST_REASON) }),
  }
}
