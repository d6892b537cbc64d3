import type { Aedes, AedesOptions } from 'aedes'

/** Maximum number of topic filters of one client. */
const LIMIT = 1_000

/**
 * Limits the topic filters of each client. Counts them when they are authorised, because aedes authorises all filters
 * of a packet before it adds the first; filters beyond the limit receive a failure code (MQTT 3.1.1, section 3.9.3).
 */
export class SubscriptionLimit {
  readonly #filters = new WeakMap<object, Set<string>>()

  /** The option `authorizeSubscribe` of aedes. */
  readonly authorize: NonNullable<AedesOptions['authorizeSubscribe']> = (client, wanted, done) => {
    const filters = this.#filters.get(client) ?? new Set()
    this.#filters.set(client, filters)
    if (filters.size >= LIMIT && !filters.has(wanted.topic)) return done(null, null)
    filters.add(wanted.topic)
    done(null, wanted)
  }

  /** Uncounts the filters that clients unsubscribe. */
  follow(aedes: Aedes): void {
    aedes.on('unsubscribe', (topics, client) => {
      const filters = this.#filters.get(client)
      for (const topic of topics) filters?.delete(topic)
    })
  }
}
