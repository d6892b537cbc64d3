import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { Logger } from '../../core/telemetry.js'
import { Adoption } from './adoption.js'
import type { Hold } from './client/ack-gate.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import { mark, OrphanWatch, type SharedQueue } from './orphans.js'
import type { QueueInbox } from './queue-inbox.js'

/** Maximum number of concurrent adoptions. */
const MOST_ADOPTIONS = 4

/** What a takeover needs. */
export interface TakeoverOptions extends SharedQueue {
  /** The client id of our own session. */
  readonly clientId: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly inbox: () => QueueInbox
  readonly openOrphan: (clientId: string, owner: SessionOwner) => Promise<Session>
  readonly endSession: (clientId: string) => Promise<void>
}

/** Takes over the sessions of dead members of a queue's group (`queue_takeover`). */
export class Takeover {
  readonly #options: TakeoverOptions
  readonly #watch: OrphanWatch
  readonly #adoptions = new Map<string, Adoption>()

  constructor(options: TakeoverOptions) {
    this.#options = options
    this.#watch = new OrphanWatch(options, options.clock, options.random, (clientId) => this.#adopt(clientId))
  }

  /** Handles a message if it is the mark of a member. @returns whether it is */
  accept(packet: PublishPacket, hold: Hold | undefined): boolean {
    return this.#watch.accept(packet, hold)
  }

  /**
   * Marks our session as alive and watches the others. Never throws: logs a warning if the broker's access rules forbid
   * it.
   */
  async start(session: Session): Promise<void> {
    const { clientId, group, log } = this.#options
    try {
      await mark(session, this.#options, clientId, '')
      await this.#watch.start(session)
    } catch (error) {
      const reason = (error as Error).message
      log({
        level: 'warn',
        message: `queue_takeover does not work for group ${group}: the broker refuses the members' state messages`,
        reason,
      })
    }
  }

  close(): void {
    this.#watch.close()
    for (const adoption of this.#adoptions.values()) adoption.stop()
  }

  #adopt(clientId: string): boolean {
    const { queue, group, clock, log, inbox, openOrphan, endSession } = this.#options
    if (clientId === this.#options.clientId) return true
    if (this.#adoptions.has(clientId) || this.#adoptions.size >= MOST_ADOPTIONS) return false
    if (!inbox().hasConsumers) return false
    log({
      level: 'info',
      message: `taking over the messages of dead member ${clientId} of group ${group} for queue ${queue}`,
    })
    const adoption = new Adoption({
      clientId,
      shared: this.#options,
      isMarked: true,
      clock,
      inbox: inbox(),
      open: (owner) => openOrphan(clientId, owner),
      endSession: () => endSession(clientId),
    })
    this.#adoptions.set(clientId, adoption)
    void adoption.run().then(() => this.#adoptions.delete(clientId))
    return true
  }
}
