import type { QueueConsumer } from '../client/queue-consumer.js'
import type { QueueMessage } from '../client/queue-message.js'
import type { Subscription } from '../client/subscription.js'
import type { EventName } from '../core/events.js'
import type { Deliveries, DeliveryFields } from './deliveries.js'
import type { EncodingName } from './encoding.js'
import type { DataPort } from './gateway-port.js'
import type { NOTIFICATIONS } from './notifications.js'

export type NotificationName = keyof typeof NOTIFICATIONS

/** The part of a session that methods and feeds use. */
export interface SessionPort {
  readonly deliveries: Deliveries
  /** Accepts the client. @throws ProtocolFault if it was accepted before */
  initialize(encoding: EncodingName): void
  /** Sends a notification. Never throws. */
  send(method: NotificationName, params: object): void
  /** Sends the notification `message` with a value and nothing else. Never throws. */
  sendMessage(subscription: number, topic: string, value: unknown): void
  /** Sends a request to the client. @returns its result. @throws RpcError with the error of the client */
  ask(method: NotificationName, params: object): Promise<unknown>
  /** Whether a producer must wait for the client to read. */
  readonly isBlocked: boolean
  /** Waits until the client has read enough. @returns `undefined` if there is nothing to wait for */
  ready(): Promise<void> | undefined
  /** Cancels a request in flight. @returns false if there is none of that id */
  cancel(id: unknown): boolean
  /** Sends the events of these names from now on, and no others. */
  listen(events: readonly (EventName | 'log')[]): void
  /** Reserves the number of a new subscription or consumer. @throws MailboxFullError if there are too many */
  reserve(): number
  /** Frees a number whose source could not be opened. */
  release(id: number): void
  /** Sends the messages of a subscription. @param credit how many it may send; Infinity for no limit */
  feedSubscription(id: number, subscription: Subscription, credit: number): void
  /** Sends the updates of a `data` block. @param credit how many it may send; Infinity for no limit */
  feedData(id: number, data: DataPort, credit: number): void
  /** Sends the messages of a consumer. */
  feedConsumer(id: number, consumer: QueueConsumer): void
  /** Gives credit to a subscription. @throws ProtocolFault if there is none of that number */
  credit(subscription: number, messages: number): void
  /** Closes a subscription or consumer. @returns false if there is none of that number */
  close(kind: 'subscription' | 'consumer', id: number): Promise<boolean>
  /** Registers a delivery. @returns the fields of its notification */
  hold(message: QueueMessage, settled?: () => void): DeliveryFields
  /** Serves methods by asking this client. */
  serve(integration: string, methods: readonly string[]): Promise<void>
  /** Stops the gateway. Resolves when everything has stopped. */
  shutdown(timeout: number | string | undefined): Promise<void>
}
