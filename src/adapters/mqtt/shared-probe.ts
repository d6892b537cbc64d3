import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { Hold } from './client/ack-gate.js'
import { Refused } from './client/errors.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'

/** How long to wait for the probes, in milliseconds. */
const DELIVERY_MS = 2_000
const NOTHING = new Uint8Array(0)

/**
 * Finds out whether an MQTT 3.1.1 broker supports shared subscriptions, which a broker without support grants like any
 * other filter. Publishes to a shared and then to a plain subscription: if only the second message arrives there is no
 * support, and if neither does, support is assumed.
 */
export class SharedProbe {
  readonly #random: Random
  /** Made by the first run: few connections need one, and making an id loads `node:crypto`. */
  #topic: string | undefined
  #finish: ((isShared: boolean) => void) | undefined

  constructor(random: Random) {
    this.#random = random
  }

  /** Handles a message if it is a probe. @returns whether it is */
  accept(packet: PublishPacket, hold: Hold | undefined): boolean {
    if (this.#topic === undefined || !packet.topic.startsWith(this.#topic)) return false
    hold?.settle()
    this.#finish?.(packet.topic === this.#shared)
    return true
  }

  /** Runs the probe. @returns whether shared subscriptions work, as far as can be told. @throws ConnectionEnded */
  async run(session: Session, publisher: Publisher, group: string, clock: Clock): Promise<boolean> {
    this.#topic ??= `nemo/probe/${this.#random.uuid()}`
    const shared = `$share/${group}/${this.#shared}`
    try {
      await Promise.all([
        session.subscribe(shared, 1, undefined),
        session.subscribe(this.#plain, 1, undefined),
      ])
      const result = this.#result(clock)
      const publication = { qos: 1, retain: false, deadline: Number.POSITIVE_INFINITY } as const
      await publisher.send(this.#shared, NOTHING, publication)
      await publisher.send(this.#plain, NOTHING, publication)
      const isShared = await result
      if (session.closed !== undefined) throw session.closed
      void session.unsubscribe(shared)
      void session.unsubscribe(this.#plain)
      return isShared
    } catch (error) {
      if (error instanceof Refused) return true
      throw error
    }
  }

  /** Ends the probe after the connection has ended. */
  close(): void {
    this.#finish?.(false)
  }

  get #shared(): string {
    return `${this.#topic}/shared`
  }

  get #plain(): string {
    return `${this.#topic}/plain`
  }

  #result(clock: Clock): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = clock.setTimer(DELIVERY_MS, () => this.#finish?.(true), { background: true })
      this.#finish = (isShared) => {
        this.#finish = undefined
        timer.cancel()
        resolve(isShared)
      }
    })
  }
}
