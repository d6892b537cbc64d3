import type { Clock, Timer } from '../../core/clock.js'
import { Adoption } from './adoption.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import type { LeftSessions } from './left-sessions.js'
import type { QueueInbox } from './queue-inbox.js'

/** The pause after an adoption that failed, in milliseconds. */
const AGAIN_MS = 1_000

export interface LeftAdoptionsOptions {
  readonly queue: string
  readonly group: string
  /** The client id of our own session. */
  readonly clientId: string
  readonly left: LeftSessions
  readonly clock: Clock
  readonly inbox: () => QueueInbox
  openOrphan(clientId: string, owner: SessionOwner): Promise<Session>
  /** Ends a session where DISCONNECT cannot (MQTT 3.1.1). */
  endSession(clientId: string): Promise<void>
}

/** Takes over the messages of one queue that replaced connections of the integration have left in their sessions. */
export class LeftAdoptions {
  readonly #options: LeftAdoptionsOptions
  readonly #running = new Map<string, Adoption>()
  #again: Timer | undefined
  #isClosed = false

  constructor(options: LeftAdoptionsOptions) {
    this.#options = options
  }

  /** Begins with the sessions that are not being adopted yet, if there is a consumer for their messages. */
  begin(): void {
    const { left, queue, clientId: own, inbox } = this.#options
    for (const clientId of left.of(queue)) {
      if (this.#isClosed || !inbox().hasConsumers) return
      // Our own session is resumed already.
      if (clientId === own) left.done(clientId)
      else if (!this.#running.has(clientId)) void this.#adopt(clientId)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#again?.cancel()
    for (const adoption of this.#running.values()) adoption.stop()
  }

  async #adopt(clientId: string): Promise<void> {
    const { left, clock, inbox, openOrphan, endSession } = this.#options
    const adoption = new Adoption({
      clientId,
      shared: this.#options,
      isMarked: false,
      clock,
      inbox: inbox(),
      open: (owner) => openOrphan(clientId, owner),
      endSession: () => endSession(clientId),
    })
    this.#running.set(clientId, adoption)
    const isOver = await adoption.run()
    this.#running.delete(clientId)
    if (isOver) left.done(clientId)
    else if (!this.#isClosed) this.#again = clock.setTimer(AGAIN_MS, () => this.begin(), { background: true })
  }
}
