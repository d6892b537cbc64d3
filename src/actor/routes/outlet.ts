import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock, Timer } from '../../core/clock.js'
import { ActorCrashedError } from '../../core/errors/lifecycle.js'
import type { Capacity } from '../../core/overflow.js'
import { SequenceTable } from '../../core/sequence-table.js'
import { Channel } from '../../mailbox/channel.js'
import { decodeError } from '../../mailbox/error-codec.js'
import {
  type JoinLink,
  type LinkExtras,
  LinkMarks,
  type LinkOutcomes,
  type LinkPost,
} from '../../mailbox/route-link.js'
import { Turn } from '../../mailbox/turn.js'
import { unshared } from '../own-copy.js'
import { LinkWriter } from './link-writer.js'

/** How long outcomes may be read in one turn of the event loop. */
const TURN_MS = 5
/** What an entry takes in memory beside its payload, in bytes. */
const OVERHEAD = 200

/** A message for the sink. */
export interface OutletMessage {
  readonly target: string
  /**
   * The payload as it is on the wire; absent if `value` is to be encoded by the sink. Replaced by a copy if it has to
   * wait.
   */
  payload: Uint8Array | undefined
  readonly value: unknown
  readonly extras: LinkExtras | undefined
  /** The size of the payload. */
  readonly bytes: number
  /** Whether its source keeps it until it is accepted, so that it can be given back. */
  readonly isKept: boolean
  /** The sink has accepted it. Must not throw. */
  accepted(result: unknown): void
  /** The sink refuses it, or it kills the actor of the sink. Must not throw. */
  refused(error: Error): void
  /** It is given back, because the actor stops or its connection is lost. Must not throw. */
  returned(): void
}

interface Entry {
  readonly number: number
  readonly message: OutletMessage
  isSent: boolean
  /** How many actors of the sink died while they were starting it. */
  deaths: number
}

export interface OutletDependencies {
  readonly clock: Clock
  readonly budget: ByteBudget
  /** The most messages and bytes that the sink may have unsettled. */
  readonly window: Capacity
  /** Called when a message has been settled, or has left. Must not throw. */
  readonly onChange: () => void
  /** Called with the number of messages that are sent again. */
  readonly onResent: (count: number) => void
  readonly integration: string
}

/**
 * The ledger of a link in the actor of the source: the messages that the sink has not accepted, in order. When the
 * actor of the sink dies, a new link comes, and they are sent again in the same order.
 */
export class Outlet {
  readonly #parts: OutletDependencies
  readonly #turn: Turn
  readonly #entries = new SequenceTable<Entry>()
  #last = 0
  /** The number of the next entry to send. */
  #next = 1
  #bytes = 0
  #sent = 0
  #sentBytes = 0
  /** Whether a suspect has been sent, which must be alone with the sink. */
  #isAlone = false
  #channel: Channel<LinkPost, LinkOutcomes> | undefined
  #writer = new LinkWriter()
  #marks: LinkMarks | undefined
  #poisonThreshold = Number.POSITIVE_INFINITY
  #flush: Timer | undefined
  #isEnding = false
  #idle: (() => void)[] = []

  constructor(parts: OutletDependencies) {
    this.#parts = parts
    this.#turn = new Turn(parts.clock, TURN_MS)
  }

  /** Messages that have not been settled. */
  get size(): number {
    return this.#entries.size
  }

  /** Bytes of payload of these messages. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds a message at the end. It is sent with others at the end of the turn. */
  add(message: OutletMessage): void {
    const number = ++this.#last
    this.#entries.set(number, { number, message, isSent: false, deaths: 0 })
    this.#bytes += message.bytes
    this.#parts.budget.take(message.bytes + OVERHEAD)
    if (this.#channel === undefined || this.#isFull) this.#keep(number)
    if (this.#channel !== undefined || this.#isEnding) this.#flushLater()
  }

  /** Uses a new link. Everything that was sent by an earlier one and not settled is sent again. */
  join({ end, marks, poisonThreshold }: JoinLink): void {
    this.#channel?.close()
    this.#poisonThreshold = poisonThreshold
    this.#findSuspects()
    this.#marks = new LinkMarks(marks)
    this.#writer = new LinkWriter()
    this.#parts.onResent(this.#sent)
    for (const entry of this.#entries.values()) entry.isSent = false
    this.#sent = this.#sentBytes = 0
    this.#isAlone = false
    this.#next = this.#entries.first(() => true)?.number ?? this.#last + 1
    this.#channel = new Channel<LinkPost, LinkOutcomes>(end, this.#turn, (outcomes) => this.#read(outcomes))
    this.#flushLater()
  }

  /** Ends the link, because the actor of the sink has died. What it has answered still counts. */
  part(): void {
    this.#channel?.pullAll()
    this.#channel?.close()
    this.#channel = undefined
    if (this.#isEnding) this.#flushLater()
  }

  /**
   * Gives back what the sink cannot take now, if its source keeps it. Resolves when every message has been settled;
   * those that no source keeps wait for the sink.
   */
  drained(): Promise<void> {
    this.#isEnding = true
    this.#flushLater()
    if (this.#entries.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Removes the oldest message that has not been sent. @returns undefined if there is none */
  dropOldest(): OutletMessage | undefined {
    const entry = this.#entries.first(({ isSent }) => !isSent)
    return entry && this.#take(entry.number)
  }

  /** Gives back the messages that have not been sent. */
  returnUnsent(): void {
    for (const { number, isSent } of this.#entries.values()) if (!isSent) this.#take(number)?.returned()
    this.#becomeIdle()
  }

  /** Gives all messages back, because the actor stops. */
  close(): void {
    this.#flush?.cancel()
    this.#channel?.close()
    this.#channel = undefined
    for (const { number } of this.#entries.values()) this.#take(number)?.returned()
    this.#becomeIdle()
  }

  get #isFull(): boolean {
    const { messages, bytes } = this.#parts.window
    return this.#sent >= messages || this.#sentBytes >= bytes
  }

  /** Copies a payload that has to wait out of the chunk of its socket. */
  #keep(number: number): void {
    const { message } = this.#entries.get(number)!
    if (message.payload !== undefined) message.payload = unshared(message.payload)
  }

  #flushLater(): void {
    if (this.#flush !== undefined) return
    this.#flush = this.#parts.clock.nextTurn(() => {
      this.#flush = undefined
      this.#send()
      if (this.#isEnding) this.#withdraw()
    })
  }

  /** Gives back what was not sent, and asks the sink for what it does not deliver. */
  #withdraw(): void {
    const withdrawn: number[] = []
    for (const { number, message, isSent } of this.#entries.values()) {
      if (!message.isKept) continue
      if (isSent && this.#channel !== undefined) withdrawn.push(number)
      else this.#take(number)?.returned()
    }
    if (withdrawn.length > 0) this.#channel?.post({ withdrawn })
    this.#becomeIdle()
  }

  #send(): void {
    const channel = this.#channel
    if (channel === undefined) return
    let hasGivenUp = false
    for (; this.#next <= this.#last && !this.#isFull && !this.#isAlone; this.#next++) {
      const entry = this.#entries.get(this.#next)
      if (entry === undefined || entry.isSent) continue
      if (entry.deaths >= this.#poisonThreshold) {
        this.#giveUp(entry)
        hasGivenUp = true
        continue
      }
      if (entry.deaths > 0) {
        if (this.#sent > 0) break
        this.#isAlone = true
      }
      entry.isSent = true
      this.#sent++
      this.#sentBytes += entry.message.bytes
      if (this.#writer.add(entry.number, entry.message)) this.#post(channel)
    }
    this.#post(channel)
    if (!hasGivenUp) return
    this.#parts.onChange()
    this.#becomeIdle()
  }

  #post(channel: Channel<LinkPost, LinkOutcomes>): void {
    if (this.#writer.isEmpty) return
    const { batch, transfer } = this.#writer.take()
    channel.post(batch, transfer)
  }

  #giveUp({ number, deaths }: Entry): void {
    const { integration } = this.#parts
    const message = this.#take(number)
    message?.refused(new ActorCrashedError(`it killed ${deaths} actors in a row`, true, { integration }))
  }

  #read({ accepted, results, refused, returned }: LinkOutcomes): void {
    if (accepted !== undefined)
      for (let i = 0; i < accepted.length; i += 2)
        for (let n = 0; n < accepted[i + 1]!; n++) this.#take(accepted[i]! + n)?.accepted(undefined)
    results?.numbers.forEach((number, i) => void this.#take(number)?.accepted(results.values[i]))
    refused?.numbers.forEach((number, i) => {
      const error = decodeError(refused.errors[i]!, this.#parts.integration)
      this.#take(number)?.refused(error)
    })
    for (const number of returned ?? []) this.#take(number)?.returned()
    this.#settled()
  }

  #settled(): void {
    if (this.#sent === 0) this.#isAlone = false
    this.#parts.onChange()
    this.#becomeIdle()
    if (this.#next <= this.#last) this.#send()
  }

  #take(number: number): OutletMessage | undefined {
    const entry = this.#entries.take(number)
    if (entry === undefined) return undefined
    const { message, isSent } = entry
    this.#bytes -= message.bytes
    this.#parts.budget.give(message.bytes + OVERHEAD)
    if (isSent) {
      this.#sent--
      this.#sentBytes -= message.bytes
    }
    return message
  }

  #becomeIdle(): void {
    if (this.#entries.size > 0 || this.#idle.length === 0) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  /** Counts a death for each message that the sink was starting when it died. Such a message is then sent alone. */
  #findSuspects(): void {
    const marks = this.#marks
    if (marks === undefined) return
    for (const entry of this.#entries.values())
      if (entry.isSent && marks.isMarked(entry.number)) entry.deaths++
  }
}
