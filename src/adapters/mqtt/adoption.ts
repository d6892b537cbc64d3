import { type Clock, sleep } from '../../core/clock.js'
import type { Hold } from './client/ack-gate.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import { isMark, mark, orphanFilter, type SharedQueue } from './orphans.js'
import type { QueueInbox } from './queue-inbox.js'

/** Silence after which a session that owes us nothing has nothing more for us, in milliseconds. */
const QUIET_MS = 1_000

/** What an adoption needs. */
export interface AdoptionSettings {
  readonly clientId: string
  readonly shared: SharedQueue
  readonly clock: Clock
  /** Where the messages go. */
  readonly inbox: QueueInbox
  /** Opens the session of the member that is gone. @throws ConnectionError, AuthError */
  readonly open: (owner: SessionOwner) => Promise<Session>
}

/**
 * Takes over the session of a member of the group that is gone: its messages go to our consumers, and when all of
 * them are acknowledged the session is ended. If the member comes back it takes its session back, and what is
 * unacknowledged by then is delivered to it.
 */
export class Adoption implements SessionOwner {
  readonly #settings: AdoptionSettings
  /** The attempts of its messages, whose packet identifiers are those of another session. */
  readonly #counts = new Map<number, number>()
  #session: Session | undefined
  #early: (() => void)[] = []
  #outstanding = 0
  #received = 0
  #over = false

  constructor(settings: AdoptionSettings) {
    this.#settings = settings
  }

  /** Does it all; resolves when it is over, however it ended. Never throws. */
  async run(): Promise<void> {
    const { clientId, shared, open } = this.#settings
    try {
      const session = await open(this)
      this.#session = session
      if (this.#over) return await session.close()
      // First of all, so that what comes from now on finds its way.
      for (const accept of this.#early.splice(0)) accept()
      await mark(session, shared, clientId, 'adopted')
      await session.unsubscribe(orphanFilter(shared))
      // No more new messages for it: our own session has its share of them.
      await session.unsubscribe(`$share/${shared.group}/${shared.queue}`)
      await this.#drained(session)
      if (this.#over) return
      await mark(session, shared, clientId, '')
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
    if (this.#session === undefined) return void this.#early.push(() => this.onPublish(packet, hold))
    if (this.#over) return
    // The member watched the others as we do.
    if (isMark(this.#settings.shared, packet)) return void hold?.settle()
    this.#settings.inbox.accept(packet, this.#counted(hold), this.#counts)
  }

  onOversize(packet: OversizePacket, hold: Hold | undefined): void {
    if (this.#session === undefined) return void this.#early.push(() => this.onOversize(packet, hold))
    if (!this.#over) this.#settings.inbox.acceptOversize(packet, this.#counted(hold))
  }

  onLost(): void {
    this.#over = true
  }

  #counted(hold: Hold | undefined): Hold | undefined {
    if (hold === undefined) return undefined
    this.#received++
    this.#outstanding++
    let settled = false
    return {
      settle: () => {
        if (!settled) this.#outstanding--
        settled = true
        return hold.settle()
      },
      written: (onWritten) => hold.written(onWritten),
    }
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
