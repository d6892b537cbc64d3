import type { AdapterSubscription, InboundMessage, MessageSink, PubSubFacet } from '../core/adapter.js'
import { ConnectionError } from '../core/errors.js'
import { isMessage, notAMessage } from './inbound-check.js'
import { quietly } from './quietly.js'

/** One subscriber of a shared topic. */
export interface TopicMember {
  readonly sink: MessageSink<InboundMessage>
  /** The quality of service in force for it. */
  readonly qos: 0 | 1 | 2 | undefined
  /** The subscription that was made for its sake: what the broker had retained comes with that one. */
  generation: number
  /** Topics of which it was given what the broker had retained. */
  readonly retained: Set<string>
}

/** Topics are chosen by strangers: of more than this many a retained message may be given twice. */
const MOST_RETAINED = 10_000

type Subscribe = (
  options: { readonly qos?: 0 | 1 | 2 },
  sink: MessageSink<InboundMessage>,
) => Promise<AdapterSubscription>

/**
 * One subscription at the broker and its subscribers in this actor. For a subscriber that comes later it is made
 * again where the broker retains messages, or where a higher quality is wanted; the earlier one is closed when the
 * later one is granted, so that no subscriber misses anything in between. One step is taken at a time.
 */
export class SharedTopic {
  readonly #subscribe: Subscribe
  readonly #retains: boolean
  readonly #onEmpty: () => void
  readonly #members = new Set<TopicMember>()
  readonly #holding = new Set<TopicMember>()
  #steps: Promise<void> = Promise.resolve()
  #current: AdapterSubscription | undefined
  #qos: 0 | 1 | 2 | undefined
  /** The newest subscription that was asked for, and the newest that was granted. */
  #asked = 0
  #granted = 0
  #wasHeldBeforeGrant = false
  /** Whether the adapter is giving what it held of the earlier subscription. */
  #isEmptying = false
  #state: 'alive' | 'over' = 'alive'

  /** @param onEmpty called when the last member has left and the broker knows. */
  constructor(facet: PubSubFacet, subscribe: Subscribe, onEmpty: () => void) {
    this.#retains = facet.retains === true
    this.#subscribe = subscribe
    this.#onEmpty = onEmpty
  }

  /** Resolves when the broker has granted it. @throws what the adapter throws; ConnectionError */
  join(member: TopicMember): Promise<void> {
    this.#members.add(member)
    return this.#inTurn(() => this.#grant(member))
  }

  /** Resolves when the subscription at the broker is ended, if it was the last member; never rejects. */
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

  /** The quality of service that the broker has granted, where it has one. */
  get grantedQos(): 0 | 1 | 2 | undefined {
    return this.#current?.grantedQos
  }

  /** Whether the subscription can be left with the broker. */
  get canDetach(): boolean {
    return this.#current?.detach !== undefined
  }

  /** A member that held back has room again. */
  resume(member: TopicMember): void {
    if (this.#holding.delete(member) && this.#holding.size === 0) this.#current?.resume()
  }

  /** The connection is gone, and the subscription with it. */
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
    this.#empty()
    let subscription: AdapterSubscription
    try {
      subscription = await this.#subscribe(qos === undefined ? {} : { qos }, this.#sink(generation))
    } catch (error) {
      this.#members.delete(member)
      throw error
    }
    if ((this.#state as string) === 'over') throw new ConnectionError('the connection was lost')
    this.#empty()
    const earlier = this.#current
    this.#granted = generation
    this.#qos = qos
    this.#current = subscription
    // There may be room again since before the grant.
    if (this.#wasHeldBeforeGrant && this.#holding.size === 0) subscription.resume()
    this.#wasHeldBeforeGrant = false
    if (earlier !== undefined) await quietly(() => earlier.close())
  }

  /**
   * What the adapter holds of the subscription that is to be closed goes to its members, who have room for it in their
   * queues or drop it by their own policy: closed, the subscription would drop it, and nobody would count it.
   */
  #empty(): void {
    if (this.#holding.size === 0) return
    this.#isEmptying = true
    this.#current?.resume()
    this.#isEmptying = false
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
        this.lose()
        this.#onEmpty()
        for (const { sink } of members) sink.end(error)
      },
    }
  }

  #deliver(generation: number, message: InboundMessage): boolean {
    // Of an earlier subscription: the later one has brought it already.
    if (generation < this.#granted || this.#state === 'over') {
      message.taken?.()
      return true
    }
    if (!isMessage(message)) throw notAMessage(message)
    const shared = this.#members.size === 1 ? message : sharedBy(this.#members.size, message)
    for (const member of this.#members) {
      // What was retained is news only to those for whom this subscription was made.
      if (message.retain && !isNews(member, generation, message.topic)) shared.taken?.()
      else if (!member.sink.deliver(shared)) this.#holding.add(member)
    }
    if (this.#holding.size === 0 || this.#isEmptying) return true
    this.#wasHeldBeforeGrant ||= generation > this.#granted
    return false
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#steps.then(step)
    this.#steps = done.catch(() => {})
    return done
  }
}

/** A message for several members: it is taken when each of them has taken it. */
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
 * Whether a retained message is to be given to a member. A broker that does not say for which subscription it
 * sends one may have it arrive by two of them: each topic counts once.
 */
function isNews(member: TopicMember, generation: number, topic: string): boolean {
  if (member.generation !== generation || member.retained.has(topic)) return false
  if (member.retained.size < MOST_RETAINED) member.retained.add(topic)
  return true
}

function highest(a: 0 | 1 | 2 | undefined, b: 0 | 1 | 2 | undefined): 0 | 1 | 2 | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a > b ? a : b
}
