import type { Aedes, AedesOptions } from 'aedes'

/** Topic filters of one client at a time. */
const LIMIT = 1_000

/**
 * Counts the topic filters of each client when they are asked for, and not when they are made: one packet may
 * ask for millions, which are all authorised before the first is made. Those beyond the limit are answered
 * with a failure (MQTT 3.1.1, section 3.9.3).
 */
export class SubscriptionLimit {
  readonly #filters = new WeakMap<object, Set<string>>()

  /** For the options of aedes. */
  readonly authorize: NonNullable<AedesOptions['authorizeSubscribe']> = (client, wanted, done) => {
    const filters = this.#filters.get(client) ?? new Set()
    this.#filters.set(client, filters)
    if (filters.size >= LIMIT && !filters.has(wanted.topic)) return done(null, null)
    filters.add(wanted.topic)
    done(null, wanted)
  }

  /** Takes back what clients give up. */
  follow(aedes: Aedes): void {
    aedes.on('unsubscribe', (topics, client) => {
      const filters = this.#filters.get(client)
      for (const topic of topics) filters?.delete(topic)
    })
  }
}
