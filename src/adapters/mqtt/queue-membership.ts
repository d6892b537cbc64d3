import { Refused } from './client/errors.js'
import type { Session } from './client/session.js'

/** The shared subscription that makes a session a member of a queue's group (MQTT 5, section 4.8.2). */
export class QueueMembership {
  readonly #session: Session
  readonly #filter: string
  #isSubscribed = false

  constructor(session: Session, group: string, queue: string) {
    this.#session = session
    this.#filter = `$share/${group}/${queue}`
  }

  get isJoined(): boolean {
    return this.#isSubscribed
  }

  /** Joins the group unless the session is a member. @throws Refused, RangeError, ConnectionEnded */
  async join(): Promise<void> {
    if (this.#isSubscribed) return
    const granted = await this.#session.subscribe(this.#filter, 1, undefined)
    if (granted === 1) {
      this.#isSubscribed = true
      return
    }
    await this.#session.unsubscribe(this.#filter)
    throw new Refused(`a queue requires QoS 1, but the broker granted QoS ${granted}`)
  }

  /**
   * Leaves the group; never throws. Sends UNSUBSCRIBE even if we have not joined, because an earlier connection may
   * have.
   */
  async leave(): Promise<void> {
    this.#isSubscribed = false
    await this.#session.unsubscribe(this.#filter)
  }
}
