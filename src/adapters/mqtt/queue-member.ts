import type { AdapterConsumer, InboundDelivery, MessageSink } from '../../core/adapter.js'
import type { Clock, Timer } from '../../core/clock.js'
import type { Hold } from './client/ack-gate.js'
import { ConnectionEnded, Refused } from './client/errors.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import { connectionError } from './errors.js'
import { QueueInbox } from './queue-inbox.js'
import type { QueueMemberOptions } from './queue-member-options.js'
import { QueueReturn } from './queue-return.js'
import { Takeover } from './takeover.js'

/** How long a member that is alone waits before it looks for others again, in milliseconds. */
const ALONE_MS = 1_000
const LONGEST_ALONE_MS = 30_000
/** How long closing a consumer waits until its messages have been given back, in milliseconds. */
const CLOSE_MS = 1_000

type Phase =
  | 'member'
  /** The last consumer has closed; what waits is given back. */
  | 'leaving'
  | 'gone'

/**
 * A member of the group that shares one queue (MQTT 5, section 4.8.2), with a connection of its own: acknowledgements
 * are ordered within a connection, so that no queue waits for another.
 */
export class QueueMember implements SessionOwner {
  readonly #options: QueueMemberOptions
  #session!: Session
  #inbox!: QueueInbox
  #return!: QueueReturn
  #takeover: Takeover | undefined
  #early: ((member: this) => void)[] | undefined = []
  #phase: Phase = 'member'
  #isSubscribed = false
  /** One thing is done at a time: subscribing, leaving, coming back. */
  #steps: Promise<unknown> = Promise.resolve()
  #alone: Timer | undefined
  #isBusy = false
  readonly #onChange: (() => void)[] = []
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
    if (this.#phase === 'gone')
      throw new ConnectionEnded('the connection of the queue has ended', { notSent: true })
    this.#phase = 'member'
    this.#options.state.isLeaving = false
    this.#stopLooking()
    this.#wake()
    const consumer = this.#inbox.add(sink)
    try {
      await this.#step(() => this.#subscribe())
    } catch (error) {
      consumer.remove()
      this.#leaveIfUnused()
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
      close: () => end(() => this.#leaveIfUnused()),
      ...(this.#options.outlives && { detach: () => end(async () => {}) }),
    }
  }

  /** Gives back what an earlier connection could not, and leaves. */
  leave(): Promise<void> {
    return this.#leaveIfUnused()
  }

  /** The connection of the actor ends. */
  async close(): Promise<void> {
    if (this.#phase === 'gone') return
    const isDone = this.#phase === 'leaving' && this.#inbox.isEmpty && !this.#options.outlives
    this.#stop(connectionError(this.#session.closed ?? new Error('the connection was ended')))
    await this.#session.close(isDone ? 'end-session' : 'keep-session')
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
        this.#wake()
        this.#leaveAgain(this.#inbox.isEmpty)
      },
    })
    this.#return = new QueueReturn({
      take: (count) => this.#inbox.take(count),
      putBack: (messages) => this.#inbox.putBack(messages),
      publish: (packet, headers) => this.#putBack(packet, headers),
      change: () => new Promise((resolve) => this.#onChange.push(resolve)),
      isWanted: () => this.#phase === 'leaving',
      barrier: () => session.ping(),
    })
    const early = this.#early ?? []
    this.#early = undefined
    for (const to of early) to(this)
    await this.#takeover?.start(session)
  }

  get #filter(): string {
    return `$share/${this.#options.group}/${this.#options.queue}`
  }

  async #subscribe(): Promise<void> {
    if (this.#isSubscribed) return
    const granted = await this.#session.subscribe(this.#filter, 1, undefined)
    if (granted === 1) {
      this.#isSubscribed = true
      return
    }
    await this.#session.unsubscribe(this.#filter)
    throw new Refused(`the broker grants QoS ${granted}, and a queue needs QoS 1`)
  }

  async #unsubscribe(): Promise<void> {
    if (!this.#isSubscribed) return
    this.#isSubscribed = false
    await this.#session.unsubscribe(this.#filter)
  }

  #leaveIfUnused(): Promise<void> {
    if (this.#phase !== 'member' || this.#inbox.hasConsumers) return Promise.resolve()
    this.#phase = 'leaving'
    this.#options.state.isLeaving = true
    this.#others = false
    const left = this.#step(() => this.#leave())
    // Acknowledgements are ordered: what was delivered may have to be settled first, and nobody waits for that here.
    return this.#inbox.inHand > 0 ? Promise.resolve() : atMost(left, CLOSE_MS, this.#options.clock)
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
      if (!(await this.#giveBack())) return
      await this.#unsubscribe()
      // Comes last of all that the broker sent before it took the subscription back.
      await this.#session.ping()
      if (this.#inbox.waiting > 0 && !(await this.#giveBack())) return
    } catch (error) {
      this.#lookAgain(connectionError(error))
      return
    } finally {
      this.#isBusy = false
    }
    if (this.#phase === 'leaving' && this.#inbox.isEmpty) await this.#end()
  }

  /** @returns false when something waits that nobody else takes */
  async #giveBack(): Promise<boolean> {
    if (this.#inbox.waiting === 0) return true
    // In 3.1.1 the broker does not say whether it took a message: what waits stays in the session.
    if (this.#session.version === 4) {
      await this.#unsubscribe()
      return false
    }
    if (!this.#others) {
      await this.#subscribe()
      this.#others = (await this.#return.offer()) !== false
      if (this.#phase !== 'leaving') return false
      if (!this.#others) return this.#lookAgain()
    }
    if (this.#isSubscribed) await this.#unsubscribe()
    if (await this.#return.drain()) return true
    this.#others = false
    return this.#lookAgain()
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

  async #putBack(
    { topic, payload, properties }: PublishPacket,
    more: Record<string, string>,
  ): Promise<number> {
    const { headers, ...rest } = properties
    return this.#options.publisher.send(topic, payload, {
      ...rest,
      headers: { ...headers, ...more },
      qos: 1,
      retain: false,
      deadline: Number.POSITIVE_INFINITY,
    })
  }

  async #end(): Promise<void> {
    const session = this.#session
    this.#options.state.isLeaving = false
    this.#stop(connectionError(new Error('the queue is not consumed any more')), true)
    await session.close('end-session')
    if (session.version === 4) await this.#options.endSession().catch(() => {})
  }

  #stopLooking(): void {
    this.#alone?.cancel()
    this.#alone = undefined
  }

  #wake(): void {
    for (const resolve of this.#onChange.splice(0)) resolve()
  }

  #stop(error: Error, isOver = false): void {
    if (this.#phase === 'gone') return
    this.#phase = 'gone'
    this.#stopLooking()
    this.#takeover?.close()
    this.#wake()
    this.#inbox?.close(error)
    this.#options.onGone(isOver)
  }

  #step<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#steps.then(step)
    this.#steps = done.catch(() => {})
    return done
  }
}

/** Resolves with `work`, but no later than after `ms`. */
function atMost(work: Promise<void>, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(ms, resolve, { background: true })
    void work.then(() => {
      timer.cancel()
      resolve()
    })
  })
}
