import type { AdapterSubscription, InboundMessage, MessageSink } from '../core/adapter/inbound.js'
import type { PubSubFacet } from '../core/adapter/pubsub-facet.js'
import { ConnectionError } from '../core/errors/connection.js'
import { isMessage, notAMessage } from './inbound-check.js'
import { quietly } from './quietly.js'

/** One subscriber of a shared topic. */
export interface TopicMember {
  readonly sink: MessageSink<InboundMessage>
  /** The quality of service that applies to it. */
  readonly qos: 0 | 1 | 2 | undefined
  /**
   * The number of the subscription that was made for this member, with which the broker sends its retained messages.
   */
  generation: number
  /** Topics whose retained message this member has received. */
  readonly retained: Set<string>
}

/**
 * The most topics that `retained` records, because publishers choose the topics. Beyond it, a retained message may be
 * delivered twice.
 */
const MOST_RETAINED = 10_000

type Subscribe = (
  options: { readonly qos?: 0 | 1 | 2 },
  sink: MessageSink<InboundMessage>,
) => Promise<AdapterSubscription>

/**
 * One subscription at the broker, shared by several subscribers in this actor.
 *
 * For a later subscriber it is made again if the broker retains messages, or if a higher quality of service is needed.
 * The earlier subscription is closed after the later one is granted, so that no message is missed. Steps run one at a
 * time.
 */
export class SharedTopic {
  readonly #subscribe: Subscribe
  readonly #retains: boolean
  readonly #onEmpty: () => void
  readonly #members = new Set<TopicMember>()
  readonly #holding = new Set<TopicMember>()
  /** Members that leave once the broker has been told. */
  readonly #finishing = new Set<TopicMember>()
  #steps: Promise<void> = Promise.resolve()
  #current: AdapterSubscription | undefined
  #qos: 0 | 1 | 2 | undefined
  /** The number of the newest subscription that was requested. */
  #asked = 0
  /** The number of the newest subscription that was granted. */
  #granted = 0
  #wasHeldBeforeGrant = false
  /** Whether the adapter is delivering what it had held back. */
  #isFlushing = false
  #state: 'alive' | 'over' = 'alive'

  /** @param onEmpty called when the last member has left and the subscription has been closed */
  constructor(facet: PubSubFacet, subscribe: Subscribe, onEmpty: () => void) {
    this.#retains = facet.retains === true
    this.#subscribe = subscribe
    this.#onEmpty = onEmpty
  }

  /**
   * Adds a subscriber. Resolves when the broker has granted the subscription.
   * @throws what the adapter throws; ConnectionError
   */
  join(member: TopicMember): Promise<void> {
    this.#members.add(member)
    return this.#inTurn(() => this.#grant(member))
  }

  /** Removes a subscriber. Resolves after the subscription has been ended if it was the last member. Never rejects. */
  leave(member: TopicMember, end: (last: AdapterSubscription) => Promise<void>): Promise<void> {
    this.#members.delete(member)
    this.resume(member)
    return this.#inTurn(async () => {
      if (this.#members.size > 0 || this.#state === 'over') return
      const last = this.#current
      this.#current = undefined
      if (last !== undefined) await quietly(() => end(last))
      if (this.#members.size === 0) this.#onEmpty()
    })
  }

  /**
   * Removes a subscriber after the subscription has been ended at the broker, so that it receives what arrives until
   * then. The subscription goes on if others stay. Never rejects.
   */
  finish(member: TopicMember): Promise<void> {
    this.#finishing.add(member)
    this.resume(member)
    return this.#inTurn(async () => {
      const last = this.#current
      const areAll = [...this.#members].every((each) => this.#finishing.has(each))
      if (areAll && last !== undefined && this.#state === 'alive') {
        await quietly(() => last.finish?.() ?? last.close())
        this.#current = undefined
      }
      this.#finishing.delete(member)
      this.#members.delete(member)
      if (this.#members.size === 0 && this.#state === 'alive') this.#onEmpty()
    })
  }

  /** The quality of service that the broker has granted, if the protocol has one. */
  get grantedQos(): 0 | 1 | 2 | undefined {
    return this.#current?.grantedQos
  }

  /** Whether the subscription can be left with the broker. */
  get canDetach(): boolean {
    return this.#current?.detach !== undefined
  }

  /** Resumes the subscription if no other member holds it back. */
  resume(member: TopicMember): void {
    if (this.#holding.delete(member) && this.#holding.size === 0) this.#current?.resume()
  }

  /** Ends the subscription and removes all members, because the connection is lost. */
  lose(): void {
    this.#state = 'over'
    this.#current = undefined
    this.#members.clear()
    this.#holding.clear()
  }

  async #grant(member: TopicMember): Promise<void> {
    if (this.#state === 'over') throw new ConnectionError('the connection was lost')
    if (!this.#members.has(member) || !this.#isNeededFor(member)) return
    const generation = ++this.#asked
    member.generation = generation
    const qos = highest(this.#qos, member.qos)
    this.#flushHeld()
    let subscription: AdapterSubscription
    try {
      subscription = await this.#subscribe(qos === undefined ? {} : { qos }, this.#sink(generation))
    } catch (error) {
      this.#members.delete(member)
      throw error
    }
    if ((this.#state as string) === 'over') throw new ConnectionError('the connection was lost')
    this.#flushHeld()
    const earlier = this.#current
    this.#granted = generation
    this.#qos = qos
    this.#current = subscription
    // A member may have made room before the grant, when there was no subscription to resume.
    if (this.#wasHeldBeforeGrant && this.#holding.size === 0) subscription.resume()
    this.#wasHeldBeforeGrant = false
    if (earlier !== undefined) await quietly(() => earlier.close())
  }

  /**
   * Lets the adapter deliver the messages that it holds of the subscription to be closed. Closing would drop them
   * uncounted, while the members have room or drop them by their own policy.
   */
  #flushHeld(): void {
    if (this.#holding.size === 0) return
    this.#isFlushing = true
    this.#current?.resume()
    this.#isFlushing = false
  }

  #isNeededFor({ qos }: TopicMember): boolean {
    return this.#current === undefined || this.#retains || highest(this.#qos, qos) !== this.#qos
  }

  #sink(generation: number): MessageSink<InboundMessage> {
    return {
      deliver: (message) => this.#deliver(generation, message),
      lost: (count, reason) => {
        for (const { sink } of this.#members) sink.lost(count, reason)
      },
      end: (error) => {
        if (generation !== this.#granted || this.#state === 'over') return
        const members = [...this.#members]
        const ended = this.#current
        this.lose()
        this.#onEmpty()
        void quietly(() => ended?.close())
        for (const { sink } of members) sink.end(error)
      },
    }
  }

  #deliver(generation: number, message: InboundMessage): boolean {
    // The message belongs to an earlier subscription; the later one delivers it too.
    if (generation < this.#granted || this.#state === 'over') {
      message.taken?.()
      return true
    }
    if (!isMessage(message)) throw notAMessage(message)
    const shared = this.#members.size === 1 ? message : sharedBy(this.#members.size, message)
    for (const member of this.#members) {
      // A retained message is new only to the member for which this subscription was made.
      if (message.retain && !isNewTo(member, generation, message.topic)) shared.taken?.()
      else if (!member.sink.deliver(shared)) this.#holding.add(member)
    }
    if (this.#holding.size === 0 || this.#isFlushing) return true
    this.#wasHeldBeforeGrant ||= generation > this.#granted
    return false
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#steps.then(step)
    this.#steps = done.catch(() => {})
    return done
  }
}

/** Makes a message for several members, whose `taken` counts once all of them have called it. */
function sharedBy(members: number, message: InboundMessage): InboundMessage {
  if (message.taken === undefined) return message
  let missing = members
  if (missing === 0) message.taken()
  const taken = () => {
    if (--missing === 0) message.taken!()
  }
  return { ...message, taken }
}

/**
 * Whether a retained message is new to a member. Each topic counts once, because a broker may send a retained message
 * by two subscriptions without saying which one it belongs to.
 */
function isNewTo(member: TopicMember, generation: number, topic: string): boolean {
  if (member.generation !== generation || member.retained.has(topic)) return false
  if (member.retained.size < MOST_RETAINED) member.retained.add(topic)
  return true
}

function highest(a: 0 | 1 | 2 | undefined, b: 0 | 1 | 2 | undefined): 0 | 1 | 2 | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a > b ? a : b
}
