import {
  ANYTHING,
  checkArgument,
  checkOptions,
  DURATION,
  FLAG,
  HEADERS,
  NAME,
  oneOf,
  TEXT,
} from '../core/arguments.js'
import { type Duration, toMilliseconds } from '../core/duration.js'
import { UnsupportedError } from '../core/errors.js'
import { INSPECT } from '../core/inspect.js'
import { OVERFLOW_POLICIES, type Overflow } from '../core/overflow.js'
import { prepareValue } from '../core/prepare-value.js'
import type { Headers } from '../core/value.js'
import type { IntegrationMail, SourceRequest } from '../mailbox/integration-mail.js'
import type { Decode } from '../mailbox/message-run.js'
import type { RequestOptions } from '../mailbox/protocol.js'
import type { Turn } from '../mailbox/turn.js'
import type { Work } from '../mailbox/work.js'
import { type FormatOption, requireCapability, requireFormat, shownClient } from './capability.js'
import { LIMITS, limitsOf, type OperationLimits } from './limits.js'
import { Subscription } from './subscription.js'

export interface PublishOptions extends OperationLimits, FormatOption {
  /** MQTT's quality of service; the integration's own when absent. */
  readonly qos?: 0 | 1 | 2
  /** The broker keeps it for new subscribers. */
  readonly retain?: boolean
  readonly headers?: Headers
  /** After this long it is of no use any more. */
  readonly expiry?: Duration
}

export interface SubscribeOptions extends OperationLimits, FormatOption {
  /** What crosses to this thread: the value (default), the bytes, or the bytes to be decoded when first looked at. */
  readonly decode?: 'value' | 'bytes' | 'lazy'
  /** When the consumer does not keep up: hold the broker back (default), end the subscription, or drop messages. */
  readonly overflow?: Overflow
  /** Only the newest message of each topic, at most every so often: what a screen can show. */
  readonly conflate?: Duration
  readonly qos?: 0 | 1 | 2
  /** What the subscription is opened with where it is a method of a service (gRPC, JSON-RPC). */
  readonly params?: unknown
  /** Headers or metadata of the request that opens it, where the protocol has them. */
  readonly headers?: Headers
  /** Not in this version. */
  readonly transform?: string
}

const QOS = oneOf(0, 1, 2)
const PUBLISH_OPTIONS = {
  ...LIMITS,
  format: TEXT,
  qos: QOS,
  retain: FLAG,
  headers: HEADERS,
  expiry: DURATION,
} as const
const SUBSCRIBE_OPTIONS = {
  ...LIMITS,
  format: TEXT,
  decode: oneOf('value', 'bytes', 'lazy'),
  overflow: oneOf(...OVERFLOW_POLICIES),
  conflate: DURATION,
  qos: QOS,
  params: ANYTHING,
  headers: HEADERS,
  transform: ANYTHING,
} as const

/** What a client of topics works with. @internal */
export interface PubSubParts {
  readonly mail: IntegrationMail
  readonly turn: Turn
  readonly work: Work
  /** What makes values of bytes of a format, or of the integration's own. */
  readonly decoder: (format: string | undefined) => Decode
}

/**
 * Publishes and subscribes (specification: PubSubClient). A message is read when it leaves, at the latest when
 * the running code has finished: leave it unchanged until the publish settles. Every method may be called
 * concurrently; after the gateway has shut down each rejects with ShutdownError.
 */
export class PubSubClient {
  readonly #parts: PubSubParts
  readonly #mail: IntegrationMail
  readonly #mayPublish: boolean

  /** @internal */
  constructor(parts: PubSubParts) {
    this.#parts = parts
    this.#mail = parts.mail
    this.#mayPublish = parts.mail.supports('publish')
  }

  /**
   * Publishes a message. Resolves when the broker has acknowledged it or, where nothing is acknowledged, when
   * it was written. Survives a crash of the actor: it is then published again by its successor.
   * @throws PublishError when the broker rejects it; otherwise an IntegrationError of another kind
   */
  publish(topic: string, message: unknown, options?: PublishOptions): Promise<void> {
    if (options === undefined && this.#mayPublish && typeof topic === 'string' && topic !== '')
      return this.#mail.request('publish', topic, message) as Promise<void>
    return this.#publish(topic, message, options)
  }

  /**
   * Subscribes to the topics that match a pattern. Resolves when the broker has granted it.
   * @throws SubscribeError when the broker refuses; otherwise an IntegrationError of another kind
   */
  async subscribe<T = unknown>(pattern: string, options: SubscribeOptions = {}): Promise<Subscription<T>> {
    requireCapability(this.#mail, 'subscribe')
    const context = { integration: this.#mail.name }
    checkArgument('subscribe', 'topic pattern', pattern, NAME, context)
    checkOptions('subscribe', options, SUBSCRIBE_OPTIONS, context)
    if (options.transform !== undefined)
      throw new UnsupportedError('transform', { integration: this.#mail.name })
    requireFormat(this.#mail, options.format)
    const { turn, decoder, work } = this.#parts
    const subscription = new Subscription<T>(
      pattern,
      turn,
      options.decode === 'lazy' ? decoder(options.format) : undefined,
      work,
    )
    await subscription.opening(this.#mail, sourceOf(options, this.#mail), limitsOf(options))
    return subscription
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    return shownClient('PubSubClient', this.#mail)
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

// The same few records again and again: within a batch each crosses the thread line once.
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

/** Of so few formats and levels that all combinations may be kept. */
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
