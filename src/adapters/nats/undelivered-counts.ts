import type { Connection } from './client/connection.js'
import type { MessageView } from './client/message-view.js'

/** Messages whose counts are kept; the oldest are forgotten first. */
const CAPACITY = 10_000

/**
 * Counts, for each message of a stream, the deliveries that nobody has seen. JetStream counts every delivery, so an
 * attempt is what the server counts less what is counted here. Consumers in other processes are informed by a message
 * of core NATS, sent before the message is given back; without permission for that subject the counts stay local.
 */
export class UndeliveredCounts {
  /** By stream, consumer and sequence; in the order of their first count. */
  readonly #counts = new Map<string, number>()
  readonly #prefix: string
  /** Marks our own reports, which the server sends back to us. */
  readonly #origin: string
  readonly #refused = new Set<string>()

  /**
   * @param inboxPrefix reports are sent below this subject
   * @param origin unique to this adapter
   */
  constructor(inboxPrefix: string, origin: string) {
    this.#prefix = `${inboxPrefix}.undelivered`
    this.#origin = origin
  }

  /** Deliveries of that message that nobody has seen. */
  of(consumer: string, sequence: string): number {
    return this.#counts.size === 0 ? 0 : (this.#counts.get(`${consumer}.${sequence}`) ?? 0)
  }

  /**
   * One more delivery that nobody has seen.
   * @param consumer stream and consumer, as `STREAM.CONSUMER`
   * @param connection informs the other processes; absent when it is lost
   */
  add(consumer: string, sequence: string, connection?: Connection): void {
    this.#add(`${consumer}.${sequence}`)
    const subject = `${this.#prefix}.${consumer}`
    if (connection === undefined || this.#refused.has(subject)) return
    connection.writer.publish(subject, undefined, undefined, Buffer.from(`${this.#origin} ${sequence}`))
  }

  /** The message is settled: it is not delivered again. */
  forget(consumer: string, sequence: string): void {
    if (this.#counts.size > 0) this.#counts.delete(`${consumer}.${sequence}`)
  }

  /** Counts what other processes report of that consumer. @returns ends that */
  follow(consumer: string, connection: Connection): () => void {
    const onMessage = ({ payload }: MessageView) => {
      const [origin, sequence = ''] = payload.toString('latin1', 0, 200).split(' ')
      if (origin !== this.#origin && /^\d{1,20}$/.test(sequence)) this.#add(`${consumer}.${sequence}`)
    }
    const ignore = () => {}
    const sid = connection.subscribe(`${this.#prefix}.${consumer}`, undefined, {
      onMessage,
      onOversize: ignore,
      onRefused: ignore,
    })
    return () => {
      connection.unsubscribe(sid)
      connection.forget(sid)
    }
  }

  /** The server does not permit a publish. @returns whether it was a report of ours */
  refused(subject: string): boolean {
    if (!subject.startsWith(`${this.#prefix}.`)) return false
    this.#refused.add(subject)
    return true
  }

  #add(key: string): void {
    const before = this.#counts.get(key)
    this.#counts.set(key, (before ?? 0) + 1)
    if (before !== undefined || this.#counts.size <= CAPACITY) return
    for (const oldest of this.#counts.keys()) {
      this.#counts.delete(oldest)
      return
    }
  }
}
