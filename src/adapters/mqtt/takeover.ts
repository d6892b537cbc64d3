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

/** Sessions that are taken over at the same time. */
const MOST_ADOPTIONS = 4

/** What a takeover depends on. */
export interface TakeoverOptions extends SharedQueue {
  /** Of our own session. */
  readonly clientId: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly inbox: () => QueueInbox
  readonly openOrphan: (clientId: string, owner: SessionOwner) => Promise<Session>
}

/** Takes over the sessions of members of a queue's group that have died (`queue_takeover`). */
export class Takeover {
  readonly #options: TakeoverOptions
  readonly #watch: OrphanWatch
  readonly #adoptions = new Map<string, Adoption>()

  constructor(options: TakeoverOptions) {
    this.#options = options
    this.#watch = new OrphanWatch(options, options.clock, options.random, (clientId) => this.#adopt(clientId))
  }

  /** Takes the message if it tells of a member. */
  accept(packet: PublishPacket, hold: Hold | undefined): boolean {
    return this.#watch.accept(packet, hold)
  }

  /** Says that we live, and watches the others. Never throws: a broker whose rules forbid it is warned of. */
  async start(session: Session): Promise<void> {
    const { clientId, group, log } = this.#options
    try {
      await mark(session, this.#options, clientId, '')
      await this.#watch.start(session)
    } catch (error) {
      const reason = (error as Error).message
      log({ level: 'warn', message: `the members of ${group} cannot take over from each other`, reason })
    }
  }

  close(): void {
    this.#watch.close()
    for (const adoption of this.#adoptions.values()) adoption.stop()
  }

  #adopt(clientId: string): boolean {
    const { queue, group, clock, log, inbox, openOrphan } = this.#options
    if (clientId === this.#options.clientId) return true
    if (this.#adoptions.has(clientId) || this.#adoptions.size >= MOST_ADOPTIONS) return false
    if (!inbox().hasConsumers) return false
    log({ level: 'info', message: `taking over what ${clientId} left of queue ${queue} of ${group}` })
    const adoption = new Adoption({
      clientId,
      shared: this.#options,
      clock,
      inbox: inbox(),
      open: (owner) => openOrphan(clientId, owner),
    })
    this.#adoptions.set(clientId, adoption)
    void adoption.run().then(() => this.#adoptions.delete(clientId))
    return true
  }
}
