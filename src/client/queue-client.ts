import { checkArgument, checkOptions, type Expected, type ExpectedOptions, NAME } from '../core/arguments.js'
import { toMilliseconds } from '../core/duration.js'
import { ConfigError } from '../core/errors/config.js'
import { SerializeError } from '../core/errors/operation.js'
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
import type { QueueDependencies } from './queue-dependencies.js'
import { checkNack, nackOptionsOf, parseDeliveryId, QueueMessage } from './queue-message.js'

const DELIVERY_ID: Expected = { ...NAME, what: 'the "id" of a received message' }

/**
 * Sends to queues and receives from them, with delivery at least once. A message stays with the broker until it is
 * acknowledged.
 *
 * All methods may be called concurrently. After a shutdown they reject with ShutdownError.
 */
export class QueueClient {
  readonly #parts: QueueDependencies
  readonly #mail: IntegrationMail

  /** @internal */
  constructor(parts: QueueDependencies) {
    this.#parts = parts
    this.#mail = parts.mail
  }

  /**
   * Puts a message into a queue. After a crash of the actor the message is sent again. Resolves when the broker has
   * it.
   * @param queue the queue as the broker calls it
   * @param message a value that the wire format can encode; do not change it before the promise settles
   * @returns the broker's id of the message
   * @throws EnqueueError if the broker refuses it; otherwise an IntegrationError of another kind
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
   * Takes one message, and waits for it up to `timeout`.
   * @param queue the queue as the broker calls it
   * @returns the message, which the caller must settle by `ack` or `nack`; `undefined` if none came in time
   * @throws DequeueError if the broker refuses; otherwise an IntegrationError of another kind
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
      // The actor could not decode these bytes, so this throws the reason.
      return this.#parts.decoder(format)(message.bytes)
    }
    return new QueueMessage<T>(this.#mail, life, message.topic, message.extras, value, message.bytes)
  }

  /**
   * Acknowledges a message, which the broker then deletes.
   * @param messageId `id` of the received message
   * @returns false if it was settled before, or if its actor has died and the broker delivers it again
   * @throws AckError if the acknowledgement cannot reach the broker
   */
  async ack(messageId: string): Promise<boolean> {
    const id = this.#delivery('ack', messageId)
    return id === undefined ? false : this.#mail.settle('ack', id.life, id.token)
  }

  /**
   * Gives a message back to be delivered again.
   * @param messageId `id` of the received message
   * @returns false in the same cases as `ack`
   * @throws AckError if the request cannot reach the broker
   */
  async nack(messageId: string, options?: NackOptions): Promise<boolean> {
    const id = this.#delivery('nack', messageId)
    checkNack(options, this.#mail.name)
    return id === undefined ? false : this.#mail.settle('nack', id.life, id.token, nackOptionsOf(options))
  }

  /**
   * Starts to consume a queue. If the broker refuses, the first read of a message throws DequeueError.
   * @param queue the queue as the broker calls it
   * @returns the consumer, to be read by `for await` or `each`
   * @throws UnsupportedError; ConfigError for a wrong name or option
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
