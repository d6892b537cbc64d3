import type { Message } from '../../client/message.js'
import { QueueConsumer } from '../../client/queue-consumer.js'
import type { QueueMessage } from '../../client/queue-message.js'
import { Subscription } from '../../client/subscription.js'
import type { DataSettings, PolledData, QueuedData, SubscribedData } from '../../core/settings/data.js'
import type { SourceRequest } from '../../mailbox/integration-mail.js'
import type { DataSource } from '../data-source.js'
import type { Envelope } from '../envelope.js'
import type { FlowIntegration } from '../flow-integration.js'
import { readHops } from '../hops.js'

/** How many messages of a queue are on their way at a time. They are taken in order; this covers acknowledgements. */
const UNSETTLED = 32

/** What a stream takes its messages to. */
export interface StreamTarget {
  /** Returns the values of the data that its transforms join. */
  joined(): Readonly<Record<string, unknown>>
  readonly source: DataSource
  now(): number
  /** Called with a function that ends the stream at the broker. */
  closing(close: () => Promise<void>): void
  /** Called when the stream is open. */
  opened(): void
  /** Reports a message that cannot be taken. */
  failed(error: Error, isNew: boolean): void
}

/** Subscribes, and takes messages until the subscription ends. Resolves when the gateway shuts down. */
export async function runSubscription(
  settings: SubscribedData,
  { mail, consuming: { turn, work } }: FlowIntegration,
  target: StreamTarget,
): Promise<void> {
  const { topic, qos, format, params, headers, conflateMs, overflow } = settings
  const wanted: SourceRequest = {
    kind: 'topic',
    window: mail.window,
    decode: 'value',
    overflow,
    ...(format !== undefined && { format }),
    ...(qos !== undefined && { qos }),
    ...(params !== undefined && { params }),
    ...(headers !== undefined && { headers }),
    ...(conflateMs !== undefined && { conflateMs }),
  }
  const subscription = new Subscription(topic, turn, undefined, work)
  target.closing(() => subscription.close())
  const isRaw = settings.transforms.length === 0
  await closedAfterError(subscription, async () => {
    await subscription.opening(mail, withTransforms(wanted, settings, target), undefined)
    target.opened()
    for await (const message of subscription)
      tryTaking(target, message, () => (isRaw ? ofTopic(message, target.now()) : message.value))
  })
}

/** Consumes a queue until the consumer ends. Each message is acknowledged when the source has taken it. */
export async function runConsumer(
  settings: QueuedData,
  { mail, consuming }: FlowIntegration,
  target: StreamTarget,
): Promise<void> {
  const { queue, format, maxDeliveries, deadLetter } = settings
  const quiet = { ...consuming, handlerFailed: () => {} }
  const consumer = new QueueConsumer(queue, UNSETTLED, undefined, quiet)
  target.closing(() => consumer.close())
  const wanted: SourceRequest = {
    kind: 'queue',
    window: mail.window,
    decode: 'value',
    overflow: 'block',
    concurrency: UNSETTLED,
    ...(format !== undefined && { format }),
    ...(maxDeliveries !== undefined && { maxDeliveries }),
    ...(deadLetter !== undefined && { deadLetter }),
  }
  const isRaw = settings.transforms.length === 0
  await closedAfterError(consumer, async () => {
    const opening = mail.open('consume', queue, withTransforms(wanted, settings, target), consumer.handler())
    consumer.opening(opening)
    await opening
    target.opened()
    await consumer.each((message) => {
      const error = tryTaking(target, message, () => (isRaw ? ofQueue(message, target.now()) : message.value))
      // The failure is in the data already; thrown again it gives the message back to the broker.
      if (error !== undefined) throw error
    })
  })
}

/** Opens a source for the results of calls, and takes what their transforms make of them until it ends. */
export async function openCollector(
  settings: PolledData,
  { mail, consuming: { turn, work } }: FlowIntegration,
  target: StreamTarget,
): Promise<{ readonly id: number; readonly ended: Promise<void>; readonly end: () => Promise<void> }> {
  const wanted: SourceRequest = {
    kind: 'collector',
    window: mail.window,
    decode: 'value',
    overflow: 'block',
  }
  const subscription = new Subscription(settings.method, turn, undefined, work)
  const { id } = await subscription.opening(
    mail,
    withTransforms(wanted, settings, target),
    undefined,
    'collect',
  )
  const take = async () => {
    for await (const message of subscription) tryTaking(target, message, () => message.value)
  }
  return { id, ended: closedAfterError(subscription, take), end: () => subscription.close() }
}

/** Closes a stream that fails. One that ends with the gateway stays open at the broker. */
async function closedAfterError(
  stream: { close(): Promise<void> },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    await stream.close()
    throw error
  }
}

/** Adds the transforms to a source. `joined` is a getter, because it is read again for each life of the actor. */
function withTransforms(
  wanted: SourceRequest,
  { transforms }: Pick<DataSettings, 'transforms'>,
  target: StreamTarget,
): SourceRequest {
  if (transforms.length === 0) return wanted
  return Object.defineProperty({ ...wanted, transforms }, 'joined', {
    enumerable: true,
    get: () => target.joined(),
  })
}

/** Takes a message. @returns why it could not be read */
function tryTaking(
  { source, failed }: StreamTarget,
  { headers }: Pick<Message, 'headers'>,
  read: () => unknown,
): Error | undefined {
  let value: unknown
  try {
    value = read()
  } catch (error) {
    failed(error as Error, source.fail(error as Error))
    return error as Error
  }
  source.take(value, readHops(headers))
  return undefined
}

function ofTopic(message: Message, timestamp: number): Envelope {
  const { topic, value, headers } = message
  return { topic, payload: value, headers, timestamp }
}

function ofQueue(message: QueueMessage, timestamp: number): Envelope {
  const { queue, value, headers, messageId, attempt, redelivered } = message
  return {
    queue,
    payload: value,
    headers,
    timestamp,
    ...(messageId !== undefined && { id: messageId }),
    attempt,
    redelivered,
  }
}
