import type { Gateway, SubscribeOptions } from '../../src/index.js'
import type { Side } from '../measure/compare.js'
import { ALL_TOPICS, messagePool, TOPICS } from '../message.js'
import { runLanes } from './lanes.js'

/** The integration that the sides of this file use. */
export const NAME = 'bench'

export interface PublisherOptions {
  /** The integration's own when absent. */
  readonly qos?: 0 | 1
  readonly inFlight: number
  readonly pool?: readonly unknown[]
}

/** The gateway publishing from a pool of messages. Closing it shuts the gateway down. */
export function gatewayPublisher(gateway: Gateway, options: PublisherOptions): Side {
  const client = gateway.pubsub(NAME)
  const pool = options.pool ?? messagePool()
  const publishOptions = options.qos === undefined ? undefined : { qos: options.qos }
  return {
    begin: async () =>
      runLanes(options.inFlight, (n) =>
        client.publish(TOPICS[n % TOPICS.length]!, pool[n % pool.length], publishOptions),
      ),
    close: () => gateway.shutdown(),
  }
}

/**
 * The gateway receiving; `handle` is given the value, or the bytes where those were asked for. What is counted
 * is what `handle` was given, or, conflated, what the actor received.
 */
export function gatewaySubscriber(
  gateway: Gateway,
  handle: (value: unknown) => void,
  options: SubscribeOptions = {},
  pattern = ALL_TOPICS,
): Side {
  const raw = options.decode === 'bytes' || options.decode === 'lazy'
  return {
    async begin() {
      let count = 0
      let failure: unknown
      const subscription = await gateway.pubsub(NAME).subscribe(pattern, options)
      const consume = async () => {
        for await (const message of subscription) {
          handle(raw ? message.bytes : message.value)
          count++
        }
      }
      const consumed = consume().catch((error: unknown) => {
        failure = error
      })
      return {
        count() {
          if (failure !== undefined) throw failure
          return options.conflate === undefined ? count : received(gateway)
        },
        async stop() {
          await subscription.close()
          await consumed
          if (failure !== undefined) throw failure
        },
      }
    },
    close: () => gateway.shutdown(),
  }
}

function received(gateway: Gateway): number {
  return gateway.metrics().integrations[NAME]?.counts.received ?? 0
}
