import { checkArgument, checkOptions, NAME } from '../core/arguments.js'
import { toMilliseconds } from '../core/duration.js'
import { ConfigError } from '../core/errors/config.js'
import { INSPECT } from '../core/inspect.js'
import {
  PUBLISH_OPTIONS,
  type PublishOptions,
  SUBSCRIBE_OPTIONS,
  type SubscribeOptions,
} from '../core/operation-options.js'
import { prepareValue } from '../core/prepare-value.js'
import type { TransformSettings } from '../core/settings/transform.js'
import type { IntegrationMail, SourceRequest } from '../mailbox/integration-mail.js'
import type { Decode } from '../mailbox/message-run.js'
import type { RequestOptions } from '../mailbox/protocol.js'
import type { Turn } from '../mailbox/turn.js'
import type { Work } from '../mailbox/work.js'
import { requireCapability, requireFormat, shownClient } from './capability.js'
import { limitsOf } from './limits.js'
import { Subscription } from './subscription.js'

/** @internal */
export interface PubSubDependencies {
  readonly mail: IntegrationMail
  readonly turn: Turn
  readonly work: Work
  /** Returns the decoder of a format; default: that of the integration. */
  readonly decoder: (format: string | undefined) => Decode
  /** Reads the option `transform`. @throws ConfigError */
  readonly readTransforms: (given: unknown, integration: string) => readonly TransformSettings[]
}

/**
 * Publishes messages and subscribes to topics. A message is copied some time after the call, so do not change it before
 * the promise settles.
 *
 * All methods may be called concurrently. After a shutdown they reject with ShutdownError.
 */
export class PubSubClient {
  readonly #parts: PubSubDependencies
  readonly #mail: IntegrationMail

  /** @internal */
  constructor(parts: PubSubDependencies) {
    this.#parts = parts
    this.#mail = parts.mail
  }

  /**
   * Publishes a message. Resolves when the broker has acknowledged it, or when it was written if the protocol
   * acknowledges nothing. After a crash of the actor the message is published again.
   * @param topic the topic, as the broker writes it
   * @param message a value that the wire format can encode
   * @throws PublishError if the broker rejects it; otherwise an IntegrationError of another kind
   */
  publish(topic: string, message: unknown, options?: PublishOptions): Promise<void> {
    if (options === undefined && this.#mail.supports('publish') && typeof topic === 'string' && topic !== '')
      return this.#mail.request('publish', topic, message) as Promise<void>
    return this.#publish(topic, message, options)
  }

  /**
   * Subscribes to the topics that match a pattern. Resolves when the broker has granted the subscription. After a
   * crash of the actor or a lost connection it is opened again.
   * @param pattern a pattern with the wildcards of the broker
   * @returns the messages, until the subscription is closed or the gateway shuts down
   * @throws SubscribeError if the broker refuses; ConfigError for a wrong option or transform; otherwise an
   *   IntegrationError of another kind
   */
  async subscribe<T = unknown>(pattern: string, options: SubscribeOptions = {}): Promise<Subscription<T>> {
    requireCapability(this.#mail, 'subscribe')
    const context = { integration: this.#mail.name }
    checkArgument('subscribe', 'topic pattern', pattern, NAME, context)
    checkOptions('subscribe', options, SUBSCRIBE_OPTIONS, context)
    requireFormat(this.#mail, options.format)
    const source = { ...sourceOf(options, this.#mail), ...this.#transformsOf(options) }
    const { turn, decoder, work } = this.#parts
    const subscription = new Subscription<T>(
      pattern,
      turn,
      options.decode === 'lazy' ? decoder(options.format) : undefined,
      work,
    )
    await subscription.opening(this.#mail, source, limitsOf(options))
    return subscription
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    return shownClient('PubSubClient', this.#mail)
  }

  #transformsOf({ transform, decode }: SubscribeOptions): { transforms?: readonly TransformSettings[] } {
    if (transform === undefined) return {}
    const { name } = this.#mail
    const transforms = this.#parts.readTransforms(transform, name)
    if (decode === undefined || decode === 'value') return { transforms }
    throw new ConfigError(
      `subscribe: option "decode": expected "value" together with "transform", found ${JSON.stringify(decode)}`,
      [],
      { integration: name, fault: 'local' },
    )
  }

  async #publish(topic: string, message: unknown, options: PublishOptions | undefined): Promise<void> {
    requireCapability(this.#mail, 'publish')
    const context = { integration: this.#mail.name }
    checkArgument('publish', 'topic', topic, NAME, context)
    checkOptions('publish', options, PUBLISH_OPTIONS, context)
    requireFormat(this.#mail, options?.format)
    await this.#mail.request('publish', topic, message, publishOptionsOf(options), limitsOf(options))
  }
}

function sourceOf(options: SubscribeOptions, mail: IntegrationMail): SourceRequest {
  return {
    kind: 'topic',
    window: mail.window,
    decode: options.decode === undefined || options.decode === 'value' ? 'value' : 'bytes',
    overflow: options.overflow ?? 'block',
    ...(options.format !== undefined && { format: options.format }),
    ...(options.qos !== undefined && { qos: options.qos }),
    ...(options.params !== undefined && { params: prepareValue(options.params) }),
    ...(options.headers !== undefined && { headers: options.headers }),
    ...(options.conflate !== undefined && { conflateMs: toMilliseconds(options.conflate, 'conflate') }),
  }
}

// Shared options, because the structured clone of a batch copies an object that occurs several times only once.
const COMMON = new Map<string, RequestOptions>()

function publishOptionsOf(options: PublishOptions | undefined): RequestOptions | undefined {
  if (options === undefined) return undefined
  const { qos, retain, headers, expiry, format } = options
  if (retain === undefined && headers === undefined && expiry === undefined) return commonOptions(qos, format)
  return {
    ...commonOptions(qos, format),
    ...(retain !== undefined && { retain }),
    ...(headers !== undefined && { headers }),
    ...(expiry !== undefined && { expiryMs: toMilliseconds(expiry, 'expiry') }),
  }
}

/** Returns the shared options of a `qos` and a `format`. There are few combinations, so all are kept. */
function commonOptions(qos: 0 | 1 | 2 | undefined, format: string | undefined): RequestOptions | undefined {
  if (qos === undefined && format === undefined) return undefined
  const key = `${qos} ${format}`
  let options = COMMON.get(key)
  if (options === undefined) {
    options = { ...(qos !== undefined && { qos }), ...(format !== undefined && { format }) }
    COMMON.set(key, options)
  }
  return options
}
