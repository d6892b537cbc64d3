import type { Message } from '../../client/message.js'
import type { PubSubClient } from '../../client/pubsub-client.js'
import type { Subscription } from '../../client/subscription.js'

/** Name of the member that wraps a value that is neither an array nor an object. */
const MEMBER = 'scalar'

/**
 * Wraps a client of a protocol whose payloads are arrays or objects. Any other value is sent as the only member of
 * an object and unwrapped on arrival.
 */
export function structured(client: PubSubClient): PubSubClient {
  const wrapping: Pick<PubSubClient, 'publish' | 'subscribe'> = {
    publish: (topic, message, options) => client.publish(topic, wrap(message), options),
    subscribe: async <T>(pattern: string, options: Parameters<PubSubClient['subscribe']>[1]) =>
      unwrapping(await client.subscribe<T>(pattern, options)),
  }
  return wrapping as PubSubClient
}

function wrap(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? value : { [MEMBER]: value }
}

function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== MEMBER) return value
  return (value as { readonly [MEMBER]: unknown })[MEMBER]
}

function unwrapping<T>(subscription: Subscription<T>): Subscription<T> {
  return new Proxy(subscription, {
    get(target, key) {
      if (key === 'recv') return async () => unwrappedMessage(await target.recv())
      if (key === Symbol.asyncIterator) return () => iterator(target)
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function iterator<T>(subscription: Subscription<T>): AsyncIterator<Message<T>> {
  const inner = subscription[Symbol.asyncIterator]()
  return {
    async next() {
      const result = await inner.next()
      return result.done === true ? result : { done: false, value: unwrappedMessage(result.value)! }
    },
    return: async () => (await inner.return?.()) ?? { done: true, value: undefined },
  }
}

/** Unwraps the value on access, because it may be decoded only then. */
function unwrappedMessage<T>(message: Message<T> | undefined): Message<T> | undefined {
  if (message === undefined) return undefined
  return new Proxy(message, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      return key === 'value' ? unwrap(value) : value
    },
  })
}
