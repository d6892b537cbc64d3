import { checkArgument, checkOptions, type Expected, type ExpectedOptions, NAME } from '../core/arguments.js'
import { toMilliseconds } from '../core/duration.js'
import { ConfigError, SerializeError } from '../core/errors.js'
import { INSPECT } from '../core/inspect.js'
import {
  CONSUME_OPTIONS,
  type ConsumeOptions,
  type NackOptions,
  RECEIVE_OPTIONS,
  type ReceiveOptions,
  SEND_OPTIONS,
  type SendOptions,
} from '../core/operation-options.js'
import { decodeError } from '../mailbox/error-codec.js'
import type { IntegrationMail, Received } from '../mailbox/integration-mail.js'
import { requireCapability, requireFormat, shownClient } from './capability.js'
import { limitsOf } from './limits.js'
import { QueueConsumer } from './queue-consumer.js'
import { checkNack, nackOptionsOf, parseDeliveryId, QueueMessage } from './queue-message.js'
import type { QueueParts } from './queue-parts.js'

const DELIVERY_ID: Expected = { ...NAME, what: 'the "id" of a received message' }

/**
 * Reliable messaging (specification: QueueClient): at least once, acknowledged after the work is done. Every
 * method may be called concurrently; after the gateway has shut down each rejects with ShutdownError.
 */
export class QueueClient {
  readonly #parts: QueueParts
  readonly #mail: IntegrationMail

  /** @internal */
  constructor(parts: QueueParts) {
    this.#parts = parts
    this.#mail = parts.mail
  }

  /**
   * Puts a message into a queue. Survives a crash of the actor: its successor sends it again.
   * @returns the broker's id of the message
   * @throws EnqueueError when the broker refuses it
   */
  async send(queue: string, message: unknown, options?: SendOptions): Promise<string> {
    requireCapability(this.#mail, 'enqueue')
    this.#check('send', queue, options, SEND_OPTIONS)
    const { headers, delay, format } = options ?? {}
    requireFormat(this.#mail, format)
    const request =
      headers === undefined && delay === undefined && format === undefined
        ? undefined
        : {
            ...(headers && { headers }),
            ...(format !== undefined && { format }),
            ...(delay !== undefined && { delayMs: toMilliseconds(delay, 'delay') }),
          }
    return (await this.#mail.request('enqueue', queue, message, request, limitsOf(options))) as string
  }

  /**
   * Takes one message, waiting for it up to `timeout`.
   * @returns `undefined` when the time is up; otherwise a message to be settled by `ack` or `nack`
   * @throws DequeueError when the broker refuses
   */
  async receive<T = unknown>(queue: string, options?: ReceiveOptions): Promise<QueueMessage<T> | undefined> {
    requireCapability(this.#mail, 'dequeue')
    this.#check('receive', queue, options, RECEIVE_OPTIONS)
    const format = options?.format
    requireFormat(this.#mail, format)
    const received = (await this.#mail.request(
      'receive',
      queue,
      undefined,
      format === undefined ? undefined : { format },
      limitsOf(options),
    )) as Received | null
    if (received === null) return undefined
    const { message, life } = received
    const value = () => {
      if (message.extras.fault !== undefined) throw decodeError(message.extras.fault, this.#mail.name)
      if ('value' in message) return message.value
      if (message.bytes === undefined) throw new SerializeError('the message has no payload')
      // Fails as it did in the actor, and says why.
      return this.#parts.decoder(format)(message.bytes)
    }
    return new QueueMessage<T>(this.#mail, life, message.topic, message.extras, value, message.bytes)
  }

  /** The message is done with. @returns false when it was settled before, or its actor has died and it comes again */
  async ack(messageId: string): Promise<boolean> {
    const id = this.#delivery('ack', messageId)
    return id === undefined ? false : this.#mail.settle('ack', id.life, id.token)
  }

  /** Gives a message back to be delivered again. @returns false as `ack` */
  async nack(messageId: string, options?: NackOptions): Promise<boolean> {
    const id = this.#delivery('nack', messageId)
    checkNack(options, this.#mail.name)
    return id === undefined ? false : this.#mail.settle('nack', id.life, id.token, nackOptionsOf(options))
  }

  /**
   * Consumes a queue from now on. A refusal of the broker is thrown by the first message asked for.
   * @throws UnsupportedError, ConfigError for a name or options that are not what they should be
   */
  consume<T = unknown>(queue: string, options: ConsumeOptions = {}): QueueConsumer<T> {
    requireCapability(this.#mail, 'dequeue')
    this.#check('consume', queue, options, CONSUME_OPTIONS)
    requireFormat(this.#mail, options.format)
    const { concurrency = 1, maxDeliveries, deadLetter, retryDelay } = options
    if (deadLetter === queue)
      throw new ConfigError(
        `consume: option "deadLetter": expected another queue than the one that is consumed, found ${JSON.stringify(queue)}: each dead letter would be delivered again`,
        [],
        { integration: this.#mail.name, fault: 'local' },
      )
    const nack = retryDelay === undefined ? undefined : { delay: toMilliseconds(retryDelay, 'retryDelay') }
    const consumer = new QueueConsumer<T>(queue, concurrency, nack, this.#parts)
    consumer.opening(
      this.#mail.open(
        'consume',
        queue,
        {
          kind: 'queue',
          window: this.#mail.window,
          decode: 'value',
          overflow: 'block',
          concurrency,
          ...(options.format !== undefined && { format: options.format }),
          ...(maxDeliveries !== undefined && { maxDeliveries }),
          ...(deadLetter !== undefined && { deadLetter }),
        },
        consumer.handler(),
      ),
    )
    return consumer
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    return shownClient('QueueClient', this.#mail)
  }

  #check(method: string, queue: string, options: unknown, expected: ExpectedOptions): void {
    const context = { integration: this.#mail.name }
    checkArgument(method, 'queue', queue, NAME, context)
    checkOptions(method, options, expected, context)
  }

  #delivery(method: string, messageId: string): ReturnType<typeof parseDeliveryId> {
    checkArgument(method, 'message id', messageId, DELIVERY_ID, { integration: this.#mail.name })
    return parseDeliveryId(messageId)
  }
}
