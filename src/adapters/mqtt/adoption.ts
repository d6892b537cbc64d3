import { type Clock, sleep } from '../../core/clock.js'
import type { Hold } from './client/ack-gate.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import { isMark, type Mark, mark, orphanFilter, type SharedQueue } from './orphans.js'
import type { QueueInbox } from './queue-inbox.js'

/** How long a session without unacknowledged messages must be silent before it counts as empty, in milliseconds. */
const QUIET_MS = 1_000

/** What an adoption needs. */
export interface AdoptionSettings {
  readonly clientId: string
  readonly shared: SharedQueue
  readonly clock: Clock
  /** Receives the messages of the session. */
  readonly inbox: QueueInbox
  /** Whether the state of the session is published as a mark. */
  readonly isMarked: boolean
  /** Opens the session of the dead member. @throws ConnectionError, AuthError */
  readonly open: (owner: SessionOwner) => Promise<Session>
  /** Ends the session where DISCONNECT cannot (MQTT 3.1.1). */
  readonly endSession: () => Promise<void>
}

/**
 * Takes over the session of a dead member of the group: delivers its messages to our consumers, and ends the session
 * when all are acknowledged. If the member comes back, it takes its session back and receives the unacknowledged
 * messages again.
 */
export class Adoption implements SessionOwner {
  readonly #settings: AdoptionSettings
  /** The delivery counts of its messages. Their packet identifiers belong to the adopted session. */
  readonly #counts = new Map<number, number>()
  #session: Session | undefined
  #early: (() => void)[] = []
  #outstanding = 0
  #received = 0
  #over = false

  constructor(settings: AdoptionSettings) {
    this.#settings = settings
  }

  /** Runs the adoption. Resolves when it is over, with whether the session has ended; never throws. */
  async run(): Promise<boolean> {
    const { shared, open, endSession } = this.#settings
    try {
      const session = await open(this)
      this.#session = session
      if (this.#over) {
        await session.close()
        return false
      }
      // Process early messages first, so that later ones keep their order.
      for (const accept of this.#early.splice(0)) accept()
      await this.#mark(session, 'adopted')
      await session.unsubscribe(orphanFilter(shared))
      // Stop its share of new messages: our own session receives them.
      await session.unsubscribe(`$share/${shared.group}/${shared.queue}`)
      await this.#drained(session)
      if (this.#over) return false
      await this.#mark(session, '')
      await session.close('end-session')
      if (session.version === 4) await endSession()
      return true
    } catch {
      // The member is back, another one was faster, or the broker is unreachable. In each case the session keeps the
      // messages.
      return false
    } finally {
      this.stop()
    }
  }

  /** Leaves the session and its unacknowledged messages to other members. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    void this.#session?.close()
  }

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    if (this.#session === undefined) return void this.#early.push(() => this.onPublish(packet, hold))
    if (this.#over) return
    // The dead member had subscribed to the marks of other members.
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

  async #mark(session: Session, state: Mark): Promise<void> {
    const { isMarked, shared, clientId } = this.#settings
    if (isMarked) await mark(session, shared, clientId, state)
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

  /** Resolves when nothing is unacknowledged and nothing has arrived for `QUIET_MS` between two answered pings. */
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
