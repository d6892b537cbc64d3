import type { AdapterConsumer, InboundDelivery, MessageSink } from '../../core/adapter.js'
import type { Timer } from '../../core/clock.js'
import { atMost } from './at-most.js'
import type { Hold } from './client/ack-gate.js'
import { ConnectionEnded } from './client/errors.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import { connectionError } from './errors.js'
import { QueueInbox } from './queue-inbox.js'
import type { QueueMemberOptions } from './queue-member-options.js'
import { QueueMembership } from './queue-membership.js'
import { QueueReturn, republish } from './queue-return.js'
import { Takeover } from './takeover.js'

/** How long a member that is alone waits before it looks for others again, in milliseconds. */
const ALONE_MS = 1_000
const LONGEST_ALONE_MS = 30_000
/** How long closing a consumer waits for the giving back, in milliseconds. */
const CLOSE_MS = 1_000
/** How long the end of the connection waits for that, in milliseconds. */
const DEPART_MS = 2_000

type Phase =
  | 'member'
  /** The last consumer has closed; what waits is given back. */
  | 'leaving'
  /** The connection is being ended in good order; all that is here is given back. */
  | 'departing'
  | 'gone'

/**
 * A member of the group that shares one queue (MQTT 5, section 4.8.2), with a separate connection: acknowledgements
 * are ordered within a connection, so that no queue waits for another.
 */
export class QueueMember implements SessionOwner {
  readonly #options: QueueMemberOptions
  #session!: Session
  #inbox!: QueueInbox
  #membership!: QueueMembership
  #return!: QueueReturn
  #takeover: Takeover | undefined
  #early: ((member: this) => void)[] | undefined = []
  #phase: Phase = 'member'
  /** One thing is done at a time: subscribing, leaving, coming back. */
  #steps: Promise<unknown> = Promise.resolve()
  #alone: Timer | undefined
  #isBusy = false
  /** Something was settled since the broker was asked for the last time whether it has more. */
  #hasSettled = false
  #aloneMs = ALONE_MS
  /** Whether other members are there, as far as giving back has shown. */
  #others = false

  private constructor(options: QueueMemberOptions) {
    this.#options = options
  }

  /** Connects. @throws ConnectionError, AuthError */
  static async open(options: QueueMemberOptions): Promise<QueueMember> {
    const member = new QueueMember(options)
    await member.#open()
    return member
  }

  get isGone(): boolean {
    return this.#phase === 'gone'
  }

  /** Adds a consumer; resolves when the broker has granted the subscription. @throws Refused, RangeError, ConnectionEnded */
  async consume(sink: MessageSink<InboundDelivery>): Promise<AdapterConsumer> {
    if (this.#phase === 'gone' || this.#phase === 'departing')
      throw new ConnectionEnded('the connection of the queue has ended', { notSent: true })
    this.#phase = 'member'
    this.#options.state.isLeaving = false
    this.#stopLooking()
    const consumer = this.#inbox.add(sink)
    try {
      await this.#step(() => this.#membership.join())
    } catch (error) {
      consumer.remove()
      this.leaveIfUnused()
      throw error
    }
    let isClosed = false
    const end = async (how: () => Promise<void>) => {
      if (isClosed) return
      isClosed = true
      consumer.remove()
      await how()
    }
    return {
      request: consumer.request,
      close: () => end(() => this.leaveIfUnused()),
      ...(this.#options.outlives && { detach: () => end(async () => {}) }),
    }
  }

  /**
   * The connection of the actor ends. What is here goes to other members, and the session with it, unless this client
   * comes back for it.
   * @param isLost the connection is lost: nothing can be given back
   */
  async close(isLost: boolean): Promise<void> {
    if (this.#phase === 'gone' || this.#phase === 'departing') return
    let isOver = false
    if (!isLost && this.#session.closed === undefined) {
      this.#phase = 'departing'
      this.#stopLooking()
      this.#inbox.reclaim()
      const departed = this.#step(async () => {
        isOver = await this.#depart()
      })
      await atMost(
        departed.catch(() => {}),
        DEPART_MS,
        this.#options.clock,
      )
    }
    this.#stop(connectionError(this.#session.closed ?? new Error('the connection was ended')), isOver)
    await this.#endSession(isOver)
  }

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    if (this.#early !== undefined) return void this.#early.push((member) => member.onPublish(packet, hold))
    if (this.#phase === 'gone') return
    if (this.#takeover?.accept(packet, hold)) return
    this.#return.onMessage(packet)
    this.#inbox.accept(packet, hold)
  }

  onOversize(packet: OversizePacket, hold: Hold | undefined): void {
    if (this.#early !== undefined) return void this.#early.push((member) => member.onOversize(packet, hold))
    if (this.#phase !== 'gone') this.#inbox.acceptOversize(packet, hold)
  }

  onLost(error: Error): void {
    this.#stop(connectionError(error))
  }

  async #open(): Promise<void> {
    const { state, queue, clock, log, budget, open, takeover } = this.#options
    // Of a session that began in this life the counts are complete.
    const isCountComplete = state.session.isKnown
    if (takeover) this.#takeover = new Takeover({ ...this.#options, inbox: () => this.#inbox })
    const session = await open(this)
    if (!session.connack.sessionPresent) state.counts.clear()
    this.#session = session
    this.#inbox = new QueueInbox({
      queue,
      clock,
      log,
      budget,
      reading: session,
      isCountComplete: isCountComplete || !session.connack.sessionPresent,
      counts: state.counts,
      onWaiting: () => this.#leaveAgain(false),
      onSettled: () => {
        this.#hasSettled = true
        this.#leaveAgain(this.#inbox.isEmpty)
      },
      deadLettered: this.#options.deadLettered,
    })
    this.#membership = new QueueMembership(session, this.#options.group, queue)
    this.#return = new QueueReturn({
      version: session.version,
      random: this.#options.random,
      take: (count) => this.#inbox.take(count),
      putBack: (messages) => this.#inbox.putBack(messages),
      publish: (packet, headers) => republish(this.#options.publisher, session.version, packet, headers),
      isWanted: () => this.#phase === 'leaving' || this.#phase === 'departing',
      barrier: () => session.ping(),
    })
    const early = this.#early ?? []
    this.#early = undefined
    for (const to of early) to(this)
    await this.#takeover?.start(session)
  }

  /** Gives back what waits and leaves the group, unless there is a consumer. */
  leaveIfUnused(): Promise<void> {
    if (this.#phase !== 'member' || this.#inbox.hasConsumers) return Promise.resolve()
    this.#phase = 'leaving'
    this.#options.state.isLeaving = true
    this.#others = false
    const left = this.#step(() => this.#leave())
    return atMost(left, CLOSE_MS, this.#options.clock)
  }

  /** @param isLast nothing is left: then there is no need to wait for other members */
  #leaveAgain(isLast: boolean): void {
    if (this.#phase !== 'leaving' || this.#isBusy || (this.#alone !== undefined && !isLast)) return
    void this.#step(() => this.#leave())
  }

  /** Gives back what waits, leaves the group, and ends the session once nothing is left. Never throws. */
  async #leave(): Promise<void> {
    if (this.#phase !== 'leaving' || this.#session.closed !== undefined) return
    this.#isBusy = true
    this.#stopLooking()
    try {
      // In 3.1.1 the broker does not say whether it took a message: what waits stays in the session.
      if (this.#session.version === 4 && this.#inbox.waiting > 0) await this.#membership.leave()
      else if (!(await this.#giveBack('leaving'))) this.#lookAgain()
    } catch (error) {
      this.#lookAgain(connectionError(error))
    } finally {
      this.#isBusy = false
    }
    if (this.#phase !== 'leaving' || !this.#inbox.isEmpty || this.#alone !== undefined) return
    this.#options.state.isLeaving = false
    this.#stop(connectionError(new Error('the queue is not consumed any more')), true)
    await this.#endSession(true)
  }

  /** @returns whether the session is of no use any more */
  async #depart(): Promise<boolean> {
    const stays = this.#options.outlives && this.#membership.isJoined
    if (!this.#options.outlives && (await this.#giveBack('departing')) && this.#inbox.isEmpty) return true
    // The rest waits in the session. The broker would send what was delivered again without its deliveries, and what
    // was acknowledged after it too.
    const known = this.#inbox.takeKnown()
    if (known.length > 0) {
      await this.#membership.join()
      await this.#return.give(known)
    }
    // A session without a client would get its share of the messages to come.
    if (!stays) await this.#membership.leave()
    return false
  }

  /**
   * Leaves the group and gives back what waits.
   * @returns false when there is nobody else
   * @throws what publishing throws
   */
  async #giveBack(phase: 'leaving' | 'departing'): Promise<boolean> {
    do {
      if (this.#inbox.waiting > 0 && !this.#others) {
        // Somebody who only listens to the topic would let it seem that the queue has a consumer.
        await this.#membership.join()
        this.#others = await this.#return.findsOthers()
        if (this.#phase !== phase) return true
        if (!this.#others) return false
      }
      this.#hasSettled = false
      // While what waits holds back the reading, the answer cannot be read.
      const left = this.#membership.leave()
      this.#others &&= await this.#return.drain()
      await left
      // Comes last of all that the broker sent before, and answers to what was acknowledged.
      await this.#session.ping()
      if (this.#phase !== phase) return true
    } while (this.#inbox.waiting > 0 || this.#hasSettled)
    return true
  }

  #lookAgain(error?: Error): false {
    const { clock, log, queue } = this.#options
    if (this.#phase !== 'leaving' || this.#session.closed !== undefined) return false
    if (this.#aloneMs === ALONE_MS)
      log({
        level: 'warn',
        message: `${this.#inbox.waiting} messages of queue ${queue} wait here: nobody else consumes it`,
        ...(error && { reason: error.message }),
      })
    this.#stopLooking()
    this.#alone = clock.setTimer(this.#aloneMs, () => void this.#step(() => this.#leave()), {
      background: true,
    })
    this.#aloneMs = Math.min(this.#aloneMs * 2, LONGEST_ALONE_MS)
    return false
  }

  async #endSession(isOver: boolean): Promise<void> {
    await this.#session.close(isOver ? 'end-session' : 'keep-session')
    if (isOver && this.#session.version === 4) await this.#options.endSession().catch(() => {})
  }

  #stopLooking(): void {
    this.#alone?.cancel()
    this.#alone = undefined
  }

  #stop(error: Error, isOver = false): void {
    if (this.#phase === 'gone') return
    this.#phase = 'gone'
    this.#stopLooking()
    this.#takeover?.close()
    this.#inbox?.close(error)
    this.#options.onGone(isOver)
  }

  #step<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#steps.then(step)
    this.#steps = done.catch(() => {})
    return done
  }
}
