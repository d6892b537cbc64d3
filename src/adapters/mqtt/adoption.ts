import type { Clock } from '../../core/clock.js'
import { sleep } from '../../core/clock.js'
import type { Hold } from './client/ack-gate.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Session, SessionOwner } from './client/session.js'
import { isMark, mark, orphanFilter } from './orphans.js'
import type { QueueInbox } from './queue-inbox.js'

/** Silence after which a session that owes us nothing has nothing more for us, in milliseconds. */
const QUIET_MS = 1_000

/** What an adoption needs. */
export interface AdoptionSettings {
  readonly clientId: string
  readonly group: string
  readonly clock: Clock
  /** Where the messages go. */
  readonly inbox: QueueInbox
  /** Opens the session of the member that is gone. @throws ConnectionError, AuthError, VersionRefused */
  readonly open: (owner: SessionOwner) => Promise<Session>
}

/**
 * Takes over the session of a member of the group that is gone: its messages go to our consumers, and when all of
 * them are acknowledged the session is ended. If the member comes back it takes its session back, and what is
 * unacknowledged by then is delivered to it. Messages of a queue that is not consumed here are left to others.
 */
export class Adoption implements SessionOwner {
  readonly #settings: AdoptionSettings
  readonly #filters = new Set<string>()
  #session: Session | undefined
  #early: [PublishPacket, Hold | undefined][] = []
  #outstanding = 0
  #received = 0
  #over = false

  constructor(settings: AdoptionSettings) {
    this.#settings = settings
  }

  /** Does it all; resolves when it is over, however it ended. Never throws. */
  async run(): Promise<void> {
    const { clientId, group, inbox, open } = this.#settings
    try {
      const session = await open(this)
      this.#session = session
      if (this.#over) return await session.close()
      // First of all, so that what comes from now on finds its way.
      for (const [packet, hold] of this.#early.splice(0)) this.onPublish(packet, hold)
      await mark(session, group, clientId, 'adopted')
      await session.unsubscribe(orphanFilter(group))
      for (const queue of inbox.consumed) await this.#leave(queue)
      await this.#drained(session)
      if (this.#over) return
      await mark(session, group, clientId, '')
      await session.close('end-session')
    } catch {
      // The member is back, another one was faster, or the broker is gone: in each case its messages are not lost.
    } finally {
      this.stop()
    }
  }

  /** Leaves the session, with what is unacknowledged, to others. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    void this.#session?.close()
  }

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    if (this.#session === undefined) {
      this.#early.push([packet, hold])
      return
    }
    const { group, inbox } = this.#settings
    if (this.#over) return
    // The member watched the others as we do.
    if (isMark(group, packet)) return void hold?.settle()
    if (!inbox.consumes(packet.topic)) return this.stop()
    this.#received++
    this.#outstanding++
    void this.#leave(packet.topic).catch(() => {})
    inbox.onPublish(packet, hold && this.#counted(hold))
  }

  onLost(): void {
    this.#over = true
  }

  #counted(hold: Hold): Hold {
    let settled = false
    return {
      settle: () => {
        if (!settled) this.#outstanding--
        settled = true
        return hold.settle()
      },
    }
  }

  /** Takes no more new messages of that queue: our own session has its share of them. */
  async #leave(queue: string): Promise<void> {
    const filter = `$share/${this.#settings.group}/${queue}`
    if (this.#filters.has(filter)) return
    this.#filters.add(filter)
    await this.#session?.unsubscribe(filter)
  }

  /** Until nothing is unacknowledged and nothing comes for a while, during which the broker is there for certain. */
  async #drained(session: Session): Promise<void> {
    const { clock } = this.#settings
    for (let before = -1; !this.#over; ) {
      await session.ping()
      if (this.#outstanding === 0 && before === this.#received) return
      before = this.#outstanding === 0 ? this.#received : -1
      await sleep(clock, QUIET_MS)
    }
  }
}
