import type { Connection } from './client/connection.js'
import type { MessageView } from './client/message-view.js'

/** Maximum number of messages with a count. The oldest are removed first. */
const CAPACITY = 10_000

/**
 * Counts the deliveries of each message that no handler has seen; the attempt number is the server's count less this
 * one. Other processes learn of them through a core NATS message, sent before the message is given back; without
 * permission to publish it, the counts stay local.
 */
export class UndeliveredCounts {
  /** Counts by `STREAM.CONSUMER.SEQUENCE`, in the order of insertion. */
  readonly #counts = new Map<string, number>()
  readonly #prefix: string
  /** Marks our own reports, which the server sends back to us. */
  readonly #origin: string
  readonly #refused = new Set<string>()

  /**
   * @param inboxPrefix the prefix of the subject for reports
   * @param origin unique to this adapter
   */
  constructor(inboxPrefix: string, origin: string) {
    this.#prefix = `${inboxPrefix}.undelivered`
    this.#origin = origin
  }

  /** Returns how many deliveries of a message no handler has seen. */
  of(consumer: string, sequence: string): number {
    return this.#counts.size === 0 ? 0 : (this.#counts.get(`${consumer}.${sequence}`) ?? 0)
  }

  /**
   * Counts a delivery that no handler has seen.
   * @param consumer `STREAM.CONSUMER`
   * @param connection used to tell the other processes; absent if it is lost
   */
  add(consumer: string, sequence: string, connection?: Connection): void {
    this.#add(`${consumer}.${sequence}`)
    const subject = `${this.#prefix}.${consumer}`
    if (connection === undefined || this.#refused.has(subject)) return
    connection.writer.publish(subject, undefined, undefined, Buffer.from(`${this.#origin} ${sequence}`))
  }

  /** Forgets a settled message. */
  forget(consumer: string, sequence: string): void {
    if (this.#counts.size > 0) this.#counts.delete(`${consumer}.${sequence}`)
  }

  /** Counts what other processes report of a consumer. @returns stops counting */
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

  /** Handles a publish that the server does not permit. @returns whether it was our report */
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
