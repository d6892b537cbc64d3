import { checkOptions } from '../core/arguments.js'
import { toMilliseconds } from '../core/duration.js'
import { INSPECT, shownAs, shownHeaders, shownValue } from '../core/inspect.js'
import { NACK_OPTIONS, type NackOptions } from '../core/operation-options.js'
import type { Headers } from '../core/value.js'
import type { IntegrationMail } from '../mailbox/integration-mail.js'
import type { DeliveryExtras, RequestOptions } from '../mailbox/protocol.js'

const LONGEST_REASON = 1_000

/** A message of a queue: stays with the broker until it is settled, and comes again if it is not. */
export class QueueMessage<T = unknown> {
  readonly #mail: IntegrationMail
  readonly #life: number
  readonly #extras: DeliveryExtras
  readonly #value: () => unknown
  /** Names this delivery; settle it with `ack` or `nack`. */
  readonly id: string
  readonly queue: string
  /** The payload as it was on the wire, where the bytes crossed. */
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

  /** @throws SerializeError when the payload is not what the wire format of the integration says */
  get value(): T {
    return this.#value() as T
  }

  get headers(): Headers {
    return this.#extras.headers ?? {}
  }

  /** The broker's own id of the message, where it has one. */
  get messageId(): string | undefined {
    return this.#extras.id
  }

  /** 1 for the first delivery. */
  get attempt(): number {
    return this.#extras.attempt ?? 1
  }

  get redelivered(): boolean {
    return this.#extras.redelivered ?? false
  }

  /** Whether `ack` or `nack` of this object has been called. */
  get isSettled(): boolean {
    return this.#settled
  }

  /** It is done with. @returns false when it was settled before, or its actor has died and it comes again */
  ack(): Promise<boolean> {
    this.#settled = true
    return this.#mail.settle('ack', this.#life, this.#extras.token!)
  }

  /** Gives it back because nobody has seen it: not an attempt. @internal */
  undelivered(): Promise<boolean> {
    this.#settled = true
    return this.#mail.settle('undelivered', this.#life, this.#extras.token!)
  }

  /** Gives it back to be delivered again. @returns false as `ack` */
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

/** @returns `undefined` when it is not the id of a delivery */
export function parseDeliveryId(id: string): { readonly life: number; readonly token: number } | undefined {
  const parts = /^(\d+)-(\d+)$/.exec(id)
  return parts === null ? undefined : { life: Number(parts[1]), token: Number(parts[2]) }
}

/** @throws ConfigError for options that are not what they should be */
export function checkNack(options: NackOptions | undefined, integration: string): void {
  checkOptions('nack', options, NACK_OPTIONS, { integration })
}

/** Without a delay the actor chooses one that grows. */
export function nackOptionsOf({ delay, reason }: NackOptions = {}): RequestOptions | undefined {
  if (delay === undefined && reason === undefined) return undefined
  return {
    ...(delay !== undefined && { delayMs: toMilliseconds(delay, 'delay') }),
    ...(reason !== undefined && { reason: reason.slice(0, LONGEST_REASON) }),
  }
}
