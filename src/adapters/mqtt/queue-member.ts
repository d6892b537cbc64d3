import type { MessageSink } from '../../core/adapter/inbound.js'
import type { AdapterConsumer, InboundDelivery } from '../../core/adapter/queue-facet.js'
import { atMost } from '../at-most.js'
import type { Hold } from './client/ack-gate.js'
import { ConnectionEnded } from './client/errors.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import { connectionError } from './errors.js'
import { LeftAdoptions } from './left-adoptions.js'
import { LonePause } from './lone-pause.js'
import { asConsumer } from './queue-consumer.js'
import { QueueInbox } from './queue-inbox.js'
import type { QueueMemberOptions } from './queue-member-options.js'
import { QueueMembership } from './queue-membership.js'
import { QueueReturn, republish } from './queue-return.js'
import { Takeover } from './takeover.js'

/** How long closing a consumer waits until its messages are given back, in milliseconds. */
const CLOSE_MS = 1_000
/** How long closing the connection waits until all messages are given back, in milliseconds. */
const DEPART_MS = 2_000

type Phase =
  | 'member'
  /** The last consumer has closed, and the waiting messages are being given back. */
  | 'leaving'
  /** The connection is being closed cleanly, and all messages are being given back. */
  | 'departing'
  | 'gone'

/**
 * A member of the group that shares one queue (MQTT 5, section 4.8.2). It has its own connection: acknowledgements are
 * ordered within a connection, so that queues do not delay each other.
 */
export class QueueMember implements SessionOwner {
  readonly #options: QueueMemberOptions
  readonly #lonePause: LonePause
  #session!: Session
  #inbox!: QueueInbox
  #membership!: QueueMembership
  #return!: QueueReturn
  #takeover: Takeover | undefined
  readonly #adoptions: LeftAdoptions
  #early: ((member: this) => void)[] | undefined = []
  #phase: Phase = 'member'
  /** Serialises joining, leaving and departing. */
  #steps: Promise<unknown> = Promise.resolve()
  #isBusy = false
  /** Whether a message was settled since the broker was last asked for more. */
  #hasSettled = false
  /** Whether other members exist, as far as giving back has shown. */
  #others = false

  private constructor(options: QueueMemberOptions) {
    this.#options = options
    this.#lonePause = new LonePause(options.clock)
    this.#adoptions = new LeftAdoptions({ ...options, inbox: () => this.#inbox })
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

  /**
   * Adds a consumer. Resolves when the broker has granted the subscription. @throws Refused, RangeError,
   * ConnectionEnded
   */
  async consume(sink: MessageSink<InboundDelivery>): Promise<AdapterConsumer> {
    if (this.#phase === 'gone' || this.#phase === 'departing')
      throw new ConnectionEnded('the connection of the queue has ended', { notSent: true })
    this.#phase = 'member'
    this.#options.state.isLeaving = false
    this.#lonePause.cancel()
    const consumer = this.#inbox.add(sink)
    try {
      await this.#step(() => this.#membership.join())
    } catch (error) {
      consumer.remove()
      this.leaveIfUnused()
      throw error
    }
    this.adoptLeft()
    return asConsumer(consumer, () => this.leaveIfUnused(), this.#options.outlives)
  }

  /**
   * Ends the member because the actor's connection ends. Gives all messages to other members and ends the session,
   * unless this client comes back for it.
   * @param isLost whether the connection is lost, so that nothing can be given back
   * @param endsSession whether this client does not come back in any case
   */
  async close(isLost: boolean, endsSession: boolean): Promise<void> {
    if (this.#phase === 'gone' || this.#phase === 'departing') return
    let isOver = false
    if (!isLost && this.#session.closed === undefined) {
      this.#phase = 'departing'
      this.#lonePause.cancel()
      this.#inbox.reclaim()
      const departed = this.#step(async () => {
        isOver = await this.#depart(this.#options.outlives && !endsSession)
      })
      await atMost(
        departed.catch(() => {}),
        DEPART_MS,
        this.#options.clock,
      )
    }
    this.#stop(connectionError(this.#session.closed ?? new Error('disconnected')), isOver)
    await this.#endSession(isOver)
  }

  /** Takes over the messages that replaced connections of the integration have left in their sessions. */
  adoptLeft(): void {
    if (this.#phase === 'member') this.#adoptions.begin()
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
    // The counts are complete for a session that began in this life.
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

  /** Gives back the waiting messages and leaves the group, if there is no consumer. */
  leaveIfUnused(): Promise<void> {
    if (this.#phase !== 'member' || this.#inbox.hasConsumers) return Promise.resolve()
    this.#phase = 'leaving'
    this.#options.state.isLeaving = true
    this.#others = false
    const left = this.#step(() => this.#leave())
    return atMost(left, CLOSE_MS, this.#options.clock)
  }

  /** @param isLast whether no message is left, so that there is no need to wait for other members */
  #leaveAgain(isLast: boolean): void {
    if (this.#phase !== 'leaving' || this.#isBusy || (this.#lonePause.isActive && !isLast)) return
    void this.#step(() => this.#leave())
  }

  /** Gives back the waiting messages, leaves the group, and ends the session once it is empty. Never throws. */
  async #leave(): Promise<void> {
    if (this.#phase !== 'leaving' || this.#session.closed !== undefined) return
    this.#isBusy = true
    this.#lonePause.cancel()
    try {
      // In 3.1.1 the broker does not say whether it routed a message, so waiting messages stay in the session.
      if (this.#session.version === 4 && this.#inbox.waiting > 0) await this.#membership.leave()
      else if (!(await this.#giveBack('leaving'))) this.#lookAgain()
    } catch (error) {
      this.#lookAgain(connectionError(error))
    } finally {
      this.#isBusy = false
    }
    if (this.#phase !== 'leaving' || !this.#inbox.isEmpty || this.#lonePause.isActive) return
    this.#options.state.isLeaving = false
    this.#stop(connectionError(new Error('the last consumer of the queue has closed')), true)
    await this.#endSession(true)
  }

  /**
   * Gives back everything before the connection closes.
   * @param outlives whether this client comes back for its session
   * @returns whether the session can be ended
   */
  async #depart(outlives: boolean): Promise<boolean> {
    const stays = outlives && this.#membership.isJoined
    if (!outlives && (await this.#giveBack('departing')) && this.#inbox.isEmpty) return true
    // The other messages stay in the session. Give these back: the broker would redeliver them without their delivery
    // counts, and redeliver messages acknowledged behind them.
    const known = this.#inbox.takeDelivered()
    if (known.length > 0) {
      await this.#membership.join()
      await this.#return.give(known)
    }
    // Without a client the session would still receive its share of new messages.
    if (!stays) await this.#membership.leave()
    return false
  }

  /**
   * Leaves the group and gives back the waiting messages.
   * @returns false if there is no other member
   * @throws what publishing throws
   */
  async #giveBack(phase: 'leaving' | 'departing'): Promise<boolean> {
    do {
      if (this.#inbox.waiting > 0 && !this.#others) {
        // Probe as a member: a plain subscriber of the topic would look like a consumer of the queue.
        await this.#membership.join()
        this.#others = await this.#return.findsOthers()
        if (this.#phase !== phase) return true
        if (!this.#others) return false
      }
      this.#hasSettled = false
      // Do not await UNSUBACK yet: it cannot be read while waiting messages pause the connection.
      const left = this.#membership.leave()
      this.#others &&= await this.#return.drain()
      await left
      // PINGRESP follows everything that the broker has sent, including replacements for acknowledged messages.
      await this.#session.ping()
      if (this.#phase !== phase) return true
    } while (this.#inbox.waiting > 0 || this.#hasSettled)
    return true
  }

  #lookAgain(error?: Error): false {
    const { log, queue } = this.#options
    if (this.#phase !== 'leaving' || this.#session.closed !== undefined) return false
    if (this.#lonePause.isFirst)
      log({
        level: 'warn',
        message: `${this.#inbox.waiting} messages of queue ${queue} cannot be given back: no other client consumes the queue`,
        ...(error && { reason: error.message }),
      })
    this.#lonePause.start(() => void this.#step(() => this.#leave()))
    return false
  }

  async #endSession(isOver: boolean): Promise<void> {
    await this.#session.close(isOver ? 'end-session' : 'keep-session')
    if (isOver && this.#session.version === 4)
      await this.#options.endSession(this.#options.clientId).catch(() => {})
  }

  #stop(error: Error, isOver = false): void {
    if (this.#phase === 'gone') return
    this.#phase = 'gone'
    this.#lonePause.cancel()
    this.#takeover?.close()
    this.#adoptions.close()
    this.#inbox?.close(error)
    this.#options.onGone(isOver)
  }

  #step<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#steps.then(step)
    this.#steps = done.catch(() => {})
    return done
  }
}
