import type { Capability } from '../core/capability.js'
import type { InMilliseconds } from '../core/in-milliseconds.js'
import type { OperationLimits } from '../core/operation-options.js'
import type { Capacity } from '../core/overflow.js'
import type { NameReader } from './names.js'
import type { DeliveryRun, ReceivedMessage, RequestOptions, SourceSpec, Verb } from './protocol.js'

/** What `receive` resolves to: the message, and the life of the actor in which it can be settled. */
export interface Received {
  readonly life: number
  readonly message: ReceivedMessage
}

/** What the host does about a delivery that it has. */
export type SettlingVerb = 'ack' | 'nack' | 'undelivered' | 'answer'

/** How long a request may take, the integration's own time when absent, and who may end it early. */
export interface RequestLimits extends InMilliseconds<OperationLimits> {}

/** What is wanted of a source; number and credit are given by the mail. */
export type SourceRequest = Omit<SourceSpec, 'id' | 'credit'>

/** Receives what a source yields. Its methods must not throw. */
export interface SourceHandler {
  /** Messages, in order. `names` is good for this call only. `life` is the life of the actor they came from. */
  receive(run: DeliveryRun, names: NameReader, life: number): void
  /** How many messages have been dropped for want of room, in this life of the actor. */
  dropped(total: number): void
  /** The actor died: what it delivered and was not settled is delivered again. */
  reborn(): void
  /** No more messages will come; with a ShutdownError, but for those that are on their way. */
  ended(error: Error): void
}

/** A source that stands; it survives the death of the actor. */
export interface OpenSource {
  /** The host has finished with so many messages: so many more may come. */
  credit(messages: number, bytes: number): void
  /** Ends it. Resolves when the broker has been told, or cannot be; never rejects; idempotent. */
  close(): Promise<void>
}

/**
 * The stable address of an integration, whatever becomes of its actor. Every promise settles. May be called
 * concurrently; after the gateway has shut down everything rejects with ShutdownError.
 */
export interface IntegrationMail {
  readonly name: string
  /** The protocol, as messages call it. */
  readonly type: string
  /** How much of one source may be on its way to the host at a time. */
  readonly window: Capacity
  /** Milliseconds that an operation may take by default. */
  readonly timeoutMs: number
  /** The wire formats that its payloads may have. */
  readonly formats: readonly string[]
  supports(capability: Capability): boolean
  /** @returns what the verb yields. @throws IntegrationError */
  request(
    verb: Verb,
    target: string,
    value: unknown,
    options?: RequestOptions,
    limits?: RequestLimits,
  ): Promise<unknown>
  /** @throws SubscribeError, DequeueError, and what every request throws */
  open(
    verb: 'subscribe' | 'consume' | 'serve',
    target: string,
    wanted: SourceRequest,
    handler: SourceHandler,
    limits?: RequestLimits,
  ): Promise<OpenSource>
  /** Settles, answers or gives back a delivery of `life`. @returns false when that life is over or it was settled before. */
  settle(
    verb: SettlingVerb,
    life: number,
    value: unknown,
    options?: RequestOptions,
    limits?: RequestLimits,
  ): Promise<boolean>
}
