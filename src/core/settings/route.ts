import type { Overflow } from '../overflow.js'
import type { TransformSettings } from './transform.js'

/** A part of a template: text, or the path of a value in the message. */
export type TemplatePart = string | { readonly path: readonly string[] }

/** Text that is made from each message, such as `archive/${message.topic}`. Plain data, so that no parser is needed. */
export type MessageTemplate = readonly TemplatePart[]

/** What one end of a route is. */
export type RouteEndKind = 'topic' | 'queue' | 'method'

/** Where the messages of a route come from. */
export interface RouteSourceSettings {
  /** The integration or server. */
  readonly integration: string
  readonly kind: RouteEndKind
  /** The pattern, the queue or the method. */
  readonly target: string
  readonly qos?: 0 | 1 | 2
  /** The wire format of payloads, if it is not that of the integration. */
  readonly format?: string
}

/** Where the messages of a route go. */
export interface RouteSinkSettings {
  readonly integration: string
  readonly kind: RouteEndKind
  /** The topic, the queue or the method. */
  readonly target: MessageTemplate
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  /** Whether the broker stores a message once that is sent again with the same id. */
  readonly recognizesMessages?: boolean
  /** The wire format of values, if it is not that of the integration. */
  readonly format?: string
  /** How many messages may be in flight to the broker. Unlimited within the window if absent. */
  readonly concurrency?: number
  /** How often a message is tried that the sink refuses for a reason that may pass. */
  readonly maxAttempts: number
  /** How many calls are sent in one request. */
  readonly batch?: RouteBatchSettings
}

/** When a batch of calls is sent: the first limit that is reached. */
export interface RouteBatchSettings {
  readonly messages: number
  readonly bytes: number
  readonly withinMs: number
}

/** How redeliveries are recognised. */
export interface IdempotencySettings {
  /** Identifies a message. A message without this value is always new. */
  readonly key: MessageTemplate
  /** How long an accepted message is remembered. */
  readonly windowMs: number
  /** The most messages that are remembered; beyond it the oldest is forgotten. */
  readonly limit: number
  /** The folder in which keys outlive the actor. In memory if absent. */
  readonly folder?: string
}

/** The buffer between source and sink. */
export interface RouteBufferSettings {
  /** The folder of a buffer on disk; a buffer in memory if absent. */
  readonly folder?: string
  readonly maxBytes: number
  readonly maxAgeMs?: number
  readonly whenFull: 'block' | 'drop-oldest' | 'drop-newest'
  /** The most messages a second that leave the buffer. Unlimited if absent. */
  readonly drainRate?: number
}

/** A `route` block, checked and with its defaults. Plain data, because it crosses to the actors of both ends. */
export interface RouteSettings {
  readonly name: string
  readonly from: RouteSourceSettings
  readonly to: RouteSinkSettings
  readonly transforms: readonly TransformSettings[]
  /** Whether payloads cross as they are on the wire: the formats agree and nothing reads them. */
  readonly passesBytes: boolean
  /** The most messages between source and sink. */
  readonly window: number
  /** The most bytes of payload between source and sink. */
  readonly windowBytes: number
  /** What happens to messages of a topic that has no acknowledgement, if the sink does not keep up. */
  readonly overflow: Exclude<Overflow, 'reject'>
  /** Messages with the same key reach the sink in order, one at a time. */
  readonly key?: MessageTemplate
  /** The sink for messages that cannot be delivered. If absent, they are only reported. */
  readonly deadLetter?: RouteSinkSettings
  readonly idempotency?: IdempotencySettings
  readonly buffer?: RouteBufferSettings
  /** The most routes that a message may pass through. */
  readonly maxHops: number
}
