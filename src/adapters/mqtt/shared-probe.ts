import type { Clock } from '../../core/clock.js'
import type { Hold } from './client/ack-gate.js'
import { Refused } from './client/outgoing.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'
import { uniqueId } from './unique-id.js'

/** How long a broker has to deliver the probe after it has acknowledged it. */
const DELIVERY_MS = 2_000
const NOTHING = new Uint8Array(0)

/**
 * Finds out whether a broker has shared subscriptions. MQTT 5 says so in CONNACK; a broker of 3.1.1 that
 * does not know them grants `$share/…` like any other filter and never delivers, so there it is tried: one empty
 * message to a topic of its own, under `nemo/probe/`.
 */
export class SharedProbe {
  readonly topic = `nemo/probe/${uniqueId()}`
  #finish: ((arrived: boolean) => void) | undefined

  /** Takes the message if it is the probe. */
  accept(packet: PublishPacket, hold: Hold | undefined): boolean {
    if (packet.topic !== this.topic) return false
    hold?.settle()
    this.#finish?.(true)
    return true
  }

  /**
   * @returns false when the broker delivers nothing; true also when its rules do not let us try.
   * @throws ConnectionError
   */
  async run(session: Session, group: string, clock: Clock): Promise<boolean> {
    if (session.version === 5) return session.connack.sharedSubscriptionsAvailable
    try {
      return await this.#tryOut(session, `$share/${group}/${this.topic}`, clock)
    } catch (error) {
      if (error instanceof Refused) return true
      throw error
    }
  }

  /** The connection has ended. */
  close(): void {
    this.#finish?.(false)
  }

  async #tryOut(session: Session, filter: string, clock: Clock): Promise<boolean> {
    await session.subscribe(filter, 1, undefined)
    const arrived = this.#arrival(clock)
    const publication = { qos: 1, retain: false, deadline: Number.POSITIVE_INFINITY } as const
    await new Publisher(session).send(this.topic, NOTHING, publication, refused)
    const found = await arrived
    if (session.closed !== undefined) throw session.closed
    await session.unsubscribe(filter)
    return found
  }

  #arrival(clock: Clock): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = clock.setTimer(DELIVERY_MS, () => resolve(false), { background: true })
      this.#finish = (arrived) => {
        timer.cancel()
        resolve(arrived)
      }
    })
  }
}

function refused(_reason: string, cause: unknown): never {
  throw cause
}
